"""Ensembles: members loaded from their own folders, and known by one digest."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from cxr_core.errors import WeightsCorrupt
from cxr_core.models.card import Card, ClinicalCard, load_card
from cxr_core.models.folding import fold_batch_norms
from cxr_core.models.networks import build as build_network
from cxr_core.models.networks.ensemble import Member, Patient, build
from cxr_core.models.spec import ModelSpec
from cxr_core.models.weights import find_weights, load_weights

if TYPE_CHECKING:
    import keras


def member_cards(spec: ModelSpec) -> tuple[Card, ...]:
    """The cards of an ensemble's members, in order; WeightsMissing when one is not trained."""
    from cxr_core.models.registry import find_spec

    return tuple(load_card(find_weights(find_spec(member))) for member in spec.members)


def digest_of(cards: Sequence[Card], clinical: ClinicalCard | None = None) -> str:
    """What an ensemble is known by: changes when a member's weights or calibration do, or what the patient adds."""
    patient = [str((clinical.neutral, clinical.log_odds))] if clinical else []
    told = [f"{card.model.id} {card.weights.sha256} {[finding.platt for finding in card.findings]}" for card in cards]
    return hashlib.sha256("\n".join(told + patient).encode()).hexdigest()


Known = Callable[[str], tuple[Card, "keras.Model"]]


def load_ensemble(spec: ModelSpec, card: Card, known: Known | None = None) -> keras.Model:
    """The members, loaded and joined; `known` gives the card and the network of a member that is loaded already.

    Raises
    ------
    WeightsCorrupt
        When the members are not those that `card` was measured with.
    """
    cards = member_cards(spec)
    if digest_of(cards, card.clinical) != card.weights.sha256:
        raise WeightsCorrupt(
            f"The members of {spec.id} are not those that it was measured with: one was trained or calibrated anew. "
            f"Measure it again: `python -m cxr_core ship {spec.id}`."
        )
    return join(spec, cards, known, card.clinical)


def join(
    spec: ModelSpec, cards: Sequence[Card], known: Known | None = None, clinical: ClinicalCard | None = None
) -> keras.Model:
    """The network of these members, their weights loaded and batch norms folded, and of what `clinical` says."""
    from cxr_core.models.registry import find_spec

    members = []
    for card in cards:
        own = find_spec(card.model.id)
        loaded, model = known(own.id) if known else (None, None)
        if loaded is None or loaded.weights.sha256 != card.weights.sha256:
            model = build_network(own)
            load_weights(model, find_weights(own), card)
            model = fold_batch_norms(model)
        platt = np.array([finding.platt for finding in card.findings], np.float32)
        members.append(Member(own, model, platt))
    if clinical is None:
        return build(spec, members)
    return build(spec, members, Patient(*(np.array(one, np.float32) for one in (clinical.neutral, clinical.log_odds))))
