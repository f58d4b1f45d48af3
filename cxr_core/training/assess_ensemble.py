"""Shipped members -> a shipped ensemble: calibrated on val and measured on test, as any other model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cxr_core.datasets.index import Index
from cxr_core.models.card import Card, Identity, Sources, Use, WeightsFile
from cxr_core.models.ensemble import digest_of, join, member_cards
from cxr_core.models.spec import ModelSpec
from cxr_core.models.weights import weights_folder
from cxr_core.training.assess import appraise
from cxr_core.training.card_words import INTENDED, LICENCES, LIMITS, SOURCES
from cxr_core.training.shipping import draft_of

_SIGHT = ("Sees the film at {size} px, and its smaller members see that film shrunk: nearly, not exactly, what they "
          "see alone.")


def assess_ensemble(spec: ModelSpec, index: Index, out: Path | None = None) -> Card:
    """Make `weights/<id>/` of an ensemble: card.toml and results.parquet; its weights stay its members'."""
    cards = member_cards(spec)
    trained = [card.training for card in cards if card.training is not None]
    most = max(trained, key=lambda training: training.films)
    told = ", ".join(f"{card.model.id} (sha256 {card.weights.sha256[:8]})" for card in cards)
    training = replace(
        most, recipe=spec.id, command=f"python -m cxr_core ship {spec.id}", seed=0,
        epochs=sum(one.epochs for one in trained), hours=round(sum(one.hours for one in trained), 3),
        initialisation=f"nothing is learnt beyond its members: {told}", begun=(),
    )
    card = Card(
        Identity(spec.id, spec.title, spec.network, sum(card.model.parameters for card in cards), spec.input_shape,
                 spec.scaling, spec.activation, spec.source),
        WeightsFile("those of its members", digest_of(cards), cards[0].weights.dtype), training,
        Sources(SOURCES, LICENCES), Use(INTENDED, (*LIMITS, _SIGHT.format(size=spec.size))), findings=(),
    )
    model = join(spec, cards)
    with draft_of(out or weights_folder() / spec.id) as folder:
        return appraise(card, model, spec, None, index, folder)
