"""Whose films a model learned from, as far as that can be told here."""

from __future__ import annotations

from cxr_core.errors import CxrError
from cxr_core.models.card import Card, load_card
from cxr_core.models.registry import find_spec
from cxr_core.models.weights import find_weights
from cxr_core.training.data import read_data
from cxr_core.training.recipes import find_recipe


def training_patients(card: Card) -> frozenset[str] | None:
    """The patients of the films that a shipped model was trained on.

    None where they cannot be known: the films are not at hand (`CXR_DATA`), or are others than the card's digest says.
    """
    if card.training is None:  # imported weights: nobody knows
        return None
    if members := find_spec(card.model.id).members:
        theirs = [training_patients(load_card(find_weights(find_spec(member)))) for member in members]
        return None if None in theirs else frozenset().union(*theirs)
    try:
        recipe = find_recipe(card.training.recipe)
        table = read_data(recipe)
    except CxrError:
        return None
    films = table.where((table.table["split"] == "train") & (table.table["source_width"] >= recipe.min_source))
    if films.digest() != card.training.split_digest:
        return None
    return frozenset(films.table["patient"].astype(str))
