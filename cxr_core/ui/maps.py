"""The maps of a session: each is shown after its first steps and refined while the reader looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import streamlit as st

from cxr_core.reading import STEPS, Explanation, Reading
from cxr_core.ui import resources

_MOST = 16  # maps kept in a session: 400 kB each at 299 px; one that is not done yet up to 12 MB, its path


@dataclass
class Making:
    """A map in the making: the best so far, and where better ones come from.

    None: it is as good as it gets, or nobody has begun, or a run of the page is computing the next one.
    """

    best: Explanation | None = None
    stages: Iterator[Explanation] | None = None
    done: bool = False


def find(reading: Reading, finding: str) -> Making:
    """What there is of a map; computes nothing."""
    return _kept().get(_key(reading, finding), Making())


def advance(reading: Reading, finding: str, tell: Callable[[int, int], None]) -> None:
    """Compute the next better map. `tell(evaluations done, at most)` may raise to cancel; the next call begins anew.

    So does a call while another is at it: a page that its reader left computes on, in a thread of its own, until it
    tells of its next steps, and the reader may be back before.
    """
    kept, key = _kept(), _key(reading, finding)
    making = kept.setdefault(key, Making())
    while len(kept) > _MOST:
        kept.pop(next(iter(kept)))
    stages, making.stages = making.stages, None  # ours alone, and gone if it is stopped half summed
    if stages is None:
        stages = resources.explanations(
            reading, finding, steps=STEPS, baseline="black", on_step=lambda *how: tell(*how)
        )
    try:
        better = next(stages)
    except StopIteration:
        making.done = True
        return
    if making.best is None or better.receipt.steps >= making.best.receipt.steps:  # what is begun anew is worse at first
        making.best = better
    making.done = making.done or better.receipt.steps >= STEPS
    if not making.done:  # else it would hold the whole path: at 299 px 23 MB
        making.stages = stages


def _kept() -> dict[tuple, Making]:
    return st.session_state.setdefault("maps", {})


def _key(reading: Reading, finding: str) -> tuple:
    # the boxes hang on the operating point, which a reader may change
    point = reading.score(finding).operating_point
    return reading.radiograph.sha256, reading.prediction.digest, reading.clinical, finding, point
