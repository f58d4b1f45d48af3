"""Shipped members -> a shipped ensemble: calibrated on val and measured on test, as any other model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cxr_core.datasets.index import Index
from cxr_core.models.card import Card, Identity, Use, WeightsFile
from cxr_core.models.ensemble import digest_of, join, member_cards
from cxr_core.models.spec import ModelSpec
from cxr_core.models.weights import weights_folder
from cxr_core.training.assess import appraise
from cxr_core.training.card_words import HISTORY, INTENDED, joined, limits_of_nih
from cxr_core.training.clinical import prepare_index
from cxr_core.training.log_odds import learn_log_odds
from cxr_core.training.shipping import draft_of

_SIGHT = ("Sees the film at {size} px, and its smaller members see that film shrunk: nearly, not exactly, what they "
          "see alone.")
_UNSEEN = ("Much of what it is worth when it is told of the patient is the patient's: the row of films not seen is what "
           "age, sex, view and earlier findings give alone.")
_OF_PATIENTS = ("beyond its members only the log odds of age, sex, view and earlier findings are learnt, from the "
                "labels of the films of train, without their pixels: ")


def assess_ensemble(spec: ModelSpec, index: Index, out: Path | None = None) -> Card:
    """Make `weights/<id>/` of an ensemble: card.toml and results.parquet; its weights stay its members'."""
    cards = member_cards(spec)
    trained = [card.training for card in cards if card.training is not None]
    most = max(trained, key=lambda training: training.films)
    index = prepare_index(spec, index)
    clinical = learn_log_odds(index, spec.findings) if spec.clinical else None
    told = ", ".join(f"{card.model.id} (sha256 {card.weights.sha256[:8]})" for card in cards)
    training = replace(
        most, recipe=spec.id, command=f"python -m cxr_core ship {spec.id}", seed=0,
        epochs=sum(one.epochs for one in trained), hours=round(sum(one.hours for one in trained), 3),
        initialisation=(_OF_PATIENTS if clinical else "nothing is learnt beyond its members: ") + told, begun=(),
    )
    begun = [before for one in trained for before in one.begun or ()]
    limits = (*limits_of_nih(begun), _SIGHT.format(size=spec.size), *((HISTORY, _UNSEEN) if clinical else ()))
    card = Card(
        Identity(spec.id, spec.title, spec.network, sum(card.model.parameters for card in cards), spec.input_shape,
                 spec.scaling, spec.activation, spec.source),
        WeightsFile("those of its members", digest_of(cards, clinical), cards[0].weights.dtype), training,
        joined([card.data for card in cards]), Use(INTENDED, limits), findings=(), clinical=clinical,
    )
    model = join(spec, cards, clinical=clinical)
    with draft_of(out or weights_folder() / spec.id) as folder:
        return appraise(card, model, spec, index, folder)
