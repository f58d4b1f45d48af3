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
    """A map in the making: the best so far, and where better ones come from (None: it is as good as it gets)."""

    best: Explanation | None = None
    stages: Iterator[Explanation] | None = None
    done: bool = False


def find(reading: Reading, finding: str) -> Making:
    """What there is of a map; computes nothing."""
    return _kept().get(_key(reading, finding), Making())


def advance(reading: Reading, finding: str, tell: Callable[[int, int], None]) -> None:
    """Compute the next better map. `tell(evaluations done, at most)` may raise to cancel; the next call begins anew."""
    kept, key = _kept(), _key(reading, finding)
    making = kept.setdefault(key, Making())
    while len(kept) > _MOST:
        kept.pop(next(iter(kept)))
    if making.stages is None:
        making.stages = resources.explanations(
            reading, finding, steps=STEPS, baseline="black", on_step=lambda *how: tell(*how)
        )
    try:
        making.best = next(making.stages)
        making.done = making.best.receipt.steps >= STEPS
    except StopIteration:
        making.done = True
    except BaseException:  # a click elsewhere stops the script: what was half summed cannot be gone on with
        making.stages = None
        raise
    if making.done:
        making.stages = None  # it holds the whole path: at 299 px 23 MB


def _kept() -> dict[tuple, Making]:
    return st.session_state.setdefault("maps", {})


def _key(reading: Reading, finding: str) -> tuple:
    # the boxes hang on the operating point, which a reader may change
    point = reading.score(finding).operating_point
    return reading.radiograph.sha256, reading.prediction.digest, reading.clinical, finding, point
