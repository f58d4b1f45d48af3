"""What speaks against stored results, in a word or two and in sentences."""

from __future__ import annotations

from cxr_core.models.clinical import FIRST_FILMS, HISTORY_UNKNOWN, TEST
from cxr_core.models.registry import MODELS
from cxr_core.ui import resources, stored

_WITHOUT = {  # sets of films on the card of a clinical model that are not told earlier findings, or nothing else
    FIRST_FILMS: "on the {n:,} first films, where there are none", HISTORY_UNKNOWN: "with the history unknown",
    "test, film not seen": "with the film not seen at all",
}


def cares(name: str) -> list[str]:
    """What a reader must know before believing any figure of these results, a sentence each."""
    return [*faults(name), *told_earlier(name)]


def faults(name: str) -> list[str]:
    """What is wrong with these results: their films, or the weights that made them."""
    made = stored.whole(name).provenance
    if made is None:
        return []
    told = [f"{made.warning}."] if made.warning else []
    model = name if name in MODELS else made.model if made.kind == "evaluated" else None
    if resources.is_trained(model) and made.digest:
        card = resources.card_of(model)
        here = card.weights.sha256
        other = (f"other weights ({made.digest[:8]}) than are here ({here[:8]})" if here != made.digest else
                 "" if stored.is_calibrated_by(card, name) else "another calibration than is here")
        if other:
            again = f"ship {model}" if name in MODELS else f"evaluate {model}"
            told.append(f"These results are of {other}: the Read page scores otherwise. Make them again: "
                        f"python -m cxr_core {again}.")
    return told


def mark(name: str) -> str:
    """Why these figures are none to set beside others, in a word or two; empty where they are."""
    made, spec = stored.whole(name).provenance, stored.spec_of(name)
    learnt = "" if made is None or not made.warning else (
        "leaky" if made.leaky else f"{made.overlap:,} patients learnt from")
    # of the house's films every history is known; of others it is where their table tells it
    told = "" if spec is None or not spec.clinical else (
        "told earlier findings" if name in MODELS else "told earlier findings where known")
    return ", ".join(filter(None, (learnt, told)))


def told_earlier(name: str) -> list[str]:
    """Of a clinical model, what its card's figures come to when it is not told what earlier films showed."""
    spec = stored.spec_of(name)
    if spec is None or not spec.clinical or not resources.is_trained(spec.id):
        return []
    rows = {one.name: one for one in resources.card_of(spec.id).subsets}
    told = "It is told what the labels of a patient's earlier films say, which no film shows"
    without = [f"{rows[films].mean_auc:.3f} {words.format(n=rows[films].n)}"
               for films, words in _WITHOUT.items() if films in rows]
    if TEST not in rows or not without:
        return [f"{told}."]
    return [f"{told}. By its card the mean AUC on test is {rows[TEST].mean_auc:.3f} so told; {', '.join(without)}."]
