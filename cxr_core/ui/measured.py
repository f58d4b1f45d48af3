"""Stored results measured: what takes a thousand draws of patients is drawn beside the page, and kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from cxr_core.evaluation import drawn
from cxr_core.evaluation.comparison import Comparison
from cxr_core.evaluation.curves import Worth, worth
from cxr_core.evaluation.subgroups import Gap
from cxr_core.models.card import Figure, Subset
from cxr_core.models.registry import MODELS
from cxr_core.ui import resources, stored
from cxr_core.ui.job import Job

if TYPE_CHECKING:
    from cxr_core.ui.trust.choice import Shown

T = TypeVar("T")
SMALL = 60_000  # films times findings: drawn at once, within a moment
SMALL_BAND, SMALL_GROUPS = 6_000, 200  # films: the same, of one curve's band and of a measure by group
STANDS = 60  # s: what failed is not drawn again before, or a page, which runs as each drawing ends, would try for ever


def rows(digest: str, model_id: str, films: str, *, complete: bool = True) -> list[Worth]:
    """A row of figures per finding; the interval by patient is the card's where there is one.

    Without `complete` intervals that are still being drawn are not waited for: they are NaN; see `spans`.
    """
    known = _known(digest, model_id, films, complete=complete)
    return [replace(row, by_patient=known.get(row.finding, row.by_patient)) for row in _rows(digest, model_id, films)]


def mean_span(digest: str, model_id: str, films: str, *, complete: bool = True) -> tuple[float, float]:
    """The 95% interval by patient of the mean AUC over the findings but No Finding, as `rows` has those of the rows."""
    return _known(digest, model_id, films, complete=complete).get(drawn.MEAN, (float("nan"), float("nan")))


def _known(digest: str, model_id: str, films: str, *, complete: bool) -> drawn.Spans:
    if model_id in MODELS:
        return _of_card(model_id, films)
    told = spans(digest, model_id, films)
    return told.result() if complete or told.is_done else {}


@st.cache_resource(max_entries=64, show_spinner="Measuring …")
def _rows(digest: str, model_id: str, films: str) -> list[Worth]:
    told = stored.results(model_id, films)
    return [
        worth(finding, told.labels[:, column], told.probability[:, column],
              stored.operating_point(model_id, finding), (float("nan"), float("nan")))
        for column, finding in enumerate(told.findings)
    ]


def spans(digest: str, model_id: str, films: str) -> Job[drawn.Spans]:
    """The intervals by patient of results that have no card."""
    return _sound(_spans, digest, model_id, films)


@st.cache_resource(max_entries=64, show_spinner=False)
def _spans(digest: str, model_id: str, films: str) -> Job[drawn.Spans]:
    told = stored.results(model_id, films)
    asked = (told, films, digest)
    return _begin(drawn.find_spans(*asked), partial(drawn.draw_spans, *asked), at_once=told.labels.size <= SMALL)


def waiting_spans(models: Sequence[Shown], films: str) -> list[Job[drawn.Spans]]:
    """The intervals by patient that are still being drawn; a shipped model's are on its card."""
    asked = [spans(one.digest, one.id, films) for one in models if one.id not in MODELS]
    return [one for one in asked if not one.is_done]


def band(digest: str, model_id: str, films: str, finding: str) -> Job[drawn.Band]:
    """The 95% band of a ROC curve by patient."""
    return _sound(_band, digest, model_id, films, finding)


@st.cache_resource(max_entries=256, show_spinner=False)
def _band(digest: str, model_id: str, films: str, finding: str) -> Job[drawn.Band]:
    told = stored.results(model_id, films)
    asked = (told, films, digest, finding)
    return _begin(drawn.find_band(*asked), partial(drawn.draw_band, *asked), at_once=len(told) <= SMALL_BAND)


def gaps(digest: str, model_id: str, films: str, finding: str, measure: str) -> Job[tuple[Gap, ...]]:
    """A measure by group; of ill films called healthy `finding` is of no matter, and "" makes one drawing of it."""
    return _sound(_gaps, digest, model_id, films, finding, measure)


@st.cache_resource(max_entries=64, show_spinner=False)
def _gaps(digest: str, model_id: str, films: str, finding: str, measure: str) -> Job[tuple[Gap, ...]]:
    told = stored.results(model_id, films)
    asked = (told, films, digest, finding, measure, stored.operating_points(model_id))
    return _begin(drawn.find_gaps(*asked), partial(drawn.draw_gaps, *asked), at_once=len(told) <= SMALL_GROUPS)


def comparison(digests: tuple[str, str], first: str, second: str, films: str) -> Job[Comparison]:
    """Two models on the films of a set that both have scored."""
    return _sound(_comparison, digests, first, second, films)


@st.cache_resource(max_entries=32, show_spinner=False)
def _comparison(digests: tuple[str, str], first: str, second: str, films: str) -> Job[Comparison]:
    one, other = stored.results(first, films), stored.results(second, films)
    asked, small = (one, other, films, digests), 2 * one.labels.size <= SMALL
    return _begin(drawn.find_comparison(*asked), partial(drawn.draw_comparison, *asked), at_once=small)


@st.fragment(run_every=1.0)
def show_progress(drawings: list[Job], what: str, how: str = "") -> None:
    """How far they are, with a way to stop them and to go on; once all are done the page runs anew."""
    if all(one.is_done for one in drawings):
        st.rerun()
    stopped = [one for one in drawings if one.is_stopped]
    with st.container(horizontal=True, vertical_alignment="center"):
        if stopped:
            st.caption(f"{what}: stopped.")
            st.button("Go on", key=f"resume {what}", on_click=lambda: [one.resume() for one in stopped])
            return
        share = sum(1.0 if one.is_done else one.share for one in drawings) / len(drawings)
        how = how or f"drawing patients, {drawn.REPLICATES:,} times"
        st.progress(share, text=f"{what}: {how}. Once done it is kept.")
        st.button("Stop", key=f"stop {what}", on_click=lambda: [one.stop() for one in drawings])


def _begin(found: T | None, draw: Callable[[drawn.OnStep], T], *, at_once: bool) -> Job[T]:
    """The job that draws it; waited for where it was found on disk, or is to be drawn `at_once`."""
    job = Job(draw if found is None else lambda _: found)
    if at_once or found is not None:
        job.wait()
    return job


def _sound(cached: Callable[..., Job[T]], *asked: object) -> Job[T]:
    """A drawing of the cache; one that failed a while ago is begun anew: there may be space again."""
    found = cached(*asked)
    if found.is_done and found.problem and time.monotonic() - found.ended > STANDS:
        cached.clear(*asked)
        found = cached(*asked)
    return found


def _of_card(model_id: str, films: str) -> drawn.Spans:
    card = resources.card_of(model_id)
    figures: dict[str, Figure | Subset | None] = {one.key: one.figures.get(films) for one in card.findings}
    figures[drawn.MEAN] = next((one for one in card.subsets if one.name == films), None)
    return {key: (figure.low, figure.high) for key, figure in figures.items() if figure is not None}
