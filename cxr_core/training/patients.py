"""Whose films a model learned from, as far as that can be told here."""

from __future__ import annotations

import re
from pathlib import Path

from cxr_core.datasets.index import Index
from cxr_core.errors import CxrError
from cxr_core.models.card import Begun, Card, Training, load_card
from cxr_core.models.registry import BEGINNINGS, MODELS, find_spec
from cxr_core.models.weights import find_weights
from cxr_core.training.data import read_data
from cxr_core.training.recipe import IMAGENET, Recipe
from cxr_core.training.recipes import find_recipe
from cxr_core.training.record import read_films, read_recipe

ELSEWHERE = "elsewhere"  # films that nobody here knows: a file of weights, a run that recorded nothing


def training_patients(card: Card) -> frozenset[str] | None:
    """The patients of the films that a shipped model was trained on, those that its weights began from among them.

    NIH's are their numbers, others bear the kind of their data set, as `patients_of` says them.

    None where they cannot be known: the films are not at hand (`CXR_DATA`), or are others than the card's digest says.
    """
    if card.training is None:  # imported weights: nobody knows
        return None
    if members := find_spec(card.model.id).members:
        theirs = [training_patients(load_card(find_weights(find_spec(member)))) for member in members]
        return None if None in theirs else frozenset().union(*theirs)
    before = begun_patients(card.training)
    try:
        films = _learnt(find_recipe(card.training.recipe))[1]
    except CxrError:
        return None
    if before is None or films.digest() != card.training.split_digest:
        return None
    return before | _canonical(films)


def begun_patients(training: Training) -> frozenset[str] | None:
    """The patients of what a run's weights began from, none for random or ImageNet's; None where nobody knows."""
    found: frozenset[str] = frozenset()
    for one in _begun(training):
        try:
            whole, films = _learnt(find_recipe(one.recipe))
        except CxrError:
            return None
        if one.films and one.films != whole.digest():
            return None
        found |= _canonical(films)
    return found


def begun_from(recipe: Recipe) -> tuple[Begun, ...]:
    """What a run's weights began from, for its card: the run of another recipe, and what that one began from."""
    found: list[Begun] = []
    while recipe.weights is not None and recipe.weights != IMAGENET:
        if recipe.weights in MODELS:
            return (*found, *_begun_from_model(recipe.weights))
        run = Path(recipe.weights)
        other = read_recipe(run)
        if other is None:
            return (*found, Begun(run.name if run.name in BEGINNINGS else ELSEWHERE))
        found.append(Begun(other.model_id, read_films(run)))
        recipe = other
    return tuple(found)


def _begun_from_model(model_id: str) -> tuple[Begun, ...]:
    """A model at hand as a beginning: the run that made it, and what that one began from."""
    training = load_card(find_weights(find_spec(model_id))).training
    if training is None:
        return (Begun(ELSEWHERE),)
    return (Begun(training.recipe), *_begun(training))


def patients_of(index: Index, kind: str) -> frozenset[str]:
    """The patients of a data set of this kind (of `datasets.sources`), however its folder is called."""
    ids = index.table["patient"].astype(str)
    return frozenset(ids if kind.startswith("nih") else f"{kind}:" + ids)


def _learnt(recipe: Recipe) -> tuple[Index, Index]:
    """All films of a recipe's data set, and those that it learns from."""
    whole = read_data(recipe)
    table = whole.table
    return whole, whole.where((table["split"] == "train") & (table["source_width"] >= recipe.min_source))


def _canonical(films: Index) -> frozenset[str]:
    """As `patients_of` says them: of joined sets each patient bears the folder of its set (`coronahack.join`)."""
    return frozenset(re.sub(r"^:*(nih:)?", "", one) for one in films.table["patient"].astype(str))


def _begun(training: Training) -> tuple[Begun, ...]:
    """As its card says it, or, on a card from before it was written down, its command."""
    return _told_by_command(training.command) if training.begun is None else training.begun


def _told_by_command(command: str) -> tuple[Begun, ...]:
    """What a card from before it was recorded says of its beginning."""
    found = re.search(r"--set weights=(\S+)", command)
    if found is None or found[1] in (IMAGENET, "None"):
        return ()
    return (Begun(found[1] if found[1] in BEGINNINGS else ELSEWHERE),)
