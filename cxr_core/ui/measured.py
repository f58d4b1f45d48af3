"""Stored results measured: what takes a thousand draws of patients is drawn beside the page, and kept."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

import streamlit as st

from cxr_core.evaluation import drawn
from cxr_core.evaluation.comparison import Comparison
from cxr_core.evaluation.curves import Worth, worth
from cxr_core.evaluation.subgroups import Gap
from cxr_core.models.card import Figure, Subset
from cxr_core.models.registry import MODELS
from cxr_core.ui import resources, stored

if TYPE_CHECKING:
    from cxr_core.ui.trust.choice import Shown

T = TypeVar("T")
SMALL = 60_000  # films times findings: drawn at once, within a moment
SMALL_BAND, SMALL_GROUPS = 6_000, 200  # films: the same, of one curve's band and of a measure by group


class Drawing(Generic[T]):
    """Something that is drawn in a thread of its own, for all sessions that ask for it; any of them may stop it."""

    def __init__(self, found: T | None, draw: Callable[[drawn.OnStep], T], *, at_once: bool) -> None:
        self.share, self._result, self._problem, self.was_told = 0.0, found, None, False
        self._draw, self._stop, self._thread = draw, threading.Event(), None
        if found is None:
            self.resume()
            if at_once and self._thread is not None:
                self._thread.join()

    @property
    def is_done(self) -> bool:
        return self._result is not None or self._problem is not None

    @property
    def is_stopped(self) -> bool:
        return self._stop.is_set() and not self.is_done

    def stop(self) -> None:
        """Draw no further; what was drawn so far is lost."""
        self._stop.set()

    def resume(self) -> None:
        """Begin it, or begin it anew after `stop`."""
        if self._thread is not None:
            self._thread.join()  # it ends at its next step
        self._stop.clear()
        if not self.is_done:
            self._thread = threading.Thread(target=self._run, args=(self._draw,), daemon=True)
            self._thread.start()

    def result(self) -> T:
        """What was drawn, waited for, and begun anew where it was stopped; what went wrong is raised."""
        if self.is_stopped:
            self.resume()
        if self._thread is not None:
            self._thread.join()
        if self._problem is not None:
            self.was_told = True
            raise self._problem
        assert self._result is not None
        return self._result

    def _run(self, draw: Callable[[drawn.OnStep], T]) -> None:
        try:
            self._result = draw(self._told)
        except _Stopped:
            self.share = 0.0
        except Exception as problem:  # raised again where the result is asked for
            self._problem = problem

    def _told(self, done: int, most: int) -> None:
        if self._stop.is_set():
            raise _Stopped
        self.share = done / max(most, 1)


class _Stopped(Exception):
    """A reader does not wait for it any more."""


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


def spans(digest: str, model_id: str, films: str) -> Drawing[drawn.Spans]:
    """The intervals by patient of results that have no card."""
    return _sound(_spans, digest, model_id, films)


@st.cache_resource(max_entries=64, show_spinner=False)
def _spans(digest: str, model_id: str, films: str) -> Drawing[drawn.Spans]:
    told = stored.results(model_id, films)
    return Drawing(
        drawn.find_spans(told, films, digest), partial(drawn.draw_spans, told, films, digest),
        at_once=told.labels.size <= SMALL,
    )


def waiting_spans(models: Sequence[Shown], films: str) -> list[Drawing[drawn.Spans]]:
    """The intervals by patient that are still being drawn; a shipped model's are on its card."""
    asked = [spans(one.digest, one.id, films) for one in models if one.id not in MODELS]
    return [one for one in asked if not one.is_done]


def band(digest: str, model_id: str, films: str, finding: str) -> Drawing[drawn.Band]:
    """The 95% band of a ROC curve by patient."""
    return _sound(_band, digest, model_id, films, finding)


@st.cache_resource(max_entries=256, show_spinner=False)
def _band(digest: str, model_id: str, films: str, finding: str) -> Drawing[drawn.Band]:
    told = stored.results(model_id, films)
    asked = (told, films, digest, finding)
    return Drawing(drawn.find_band(*asked), partial(drawn.draw_band, *asked), at_once=len(told) <= SMALL_BAND)


def gaps(digest: str, model_id: str, films: str, finding: str, measure: str) -> Drawing[tuple[Gap, ...]]:
    """A measure by group; of ill films called healthy `finding` is of no matter, and "" makes one drawing of it."""
    return _sound(_gaps, digest, model_id, films, finding, measure)


@st.cache_resource(max_entries=64, show_spinner=False)
def _gaps(digest: str, model_id: str, films: str, finding: str, measure: str) -> Drawing[tuple[Gap, ...]]:
    told = stored.results(model_id, films)
    asked = (told, films, digest, finding, measure, stored.operating_points(model_id))
    return Drawing(drawn.find_gaps(*asked), partial(drawn.draw_gaps, *asked), at_once=len(told) <= SMALL_GROUPS)


def comparison(digests: tuple[str, str], first: str, second: str, films: str) -> Drawing[Comparison]:
    """Two models on the films of a set that both have scored."""
    return _sound(_comparison, digests, first, second, films)


@st.cache_resource(max_entries=32, show_spinner=False)
def _comparison(digests: tuple[str, str], first: str, second: str, films: str) -> Drawing[Comparison]:
    one, other = stored.results(first, films), stored.results(second, films)
    return Drawing(
        drawn.find_comparison(one, other, films, digests),
        partial(drawn.draw_comparison, one, other, films, digests), at_once=2 * one.labels.size <= SMALL,
    )


@st.fragment(run_every=1.0)
def show_progress(drawings: list[Drawing], what: str, how: str = "") -> None:
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


def _sound(cached: Callable[..., Drawing[T]], *asked: object) -> Drawing[T]:
    """A drawing of the cache; where it went wrong, and that was told, it is begun anew: a disk may have space again."""
    found = cached(*asked)
    if found.was_told:
        cached.clear(*asked)
        found = cached(*asked)
    return found


def _of_card(model_id: str, films: str) -> drawn.Spans:
    card = resources.card_of(model_id)
    figures: dict[str, Figure | Subset | None] = {one.key: one.figures.get(films) for one in card.findings}
    figures[drawn.MEAN] = next((one for one in card.subsets if one.name == films), None)
    return {key: (figure.low, figure.high) for key, figure in figures.items() if figure is not None}
