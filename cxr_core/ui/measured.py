"""Stored results measured: what takes a thousand draws of patients is drawn beside the page, and kept."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Generic, TypeVar

import streamlit as st

from cxr_core.evaluation import drawn
from cxr_core.evaluation.comparison import Comparison
from cxr_core.evaluation.curves import Worth, worth
from cxr_core.models.registry import MODELS
from cxr_core.ui import resources, stored

T = TypeVar("T")
SMALL = 60_000  # films times findings: drawn at once, within a moment


class Drawing(Generic[T]):
    """Something that is drawn in a thread of its own, for all sessions that ask for it."""

    def __init__(self, found: T | None, draw: Callable[[drawn.OnStep], T], *, at_once: bool) -> None:
        self.share, self._result, self._problem = 0.0, found, None
        self._thread = None if found is not None else threading.Thread(target=self._run, args=(draw,), daemon=True)
        if self._thread is not None:
            self._thread.start()
            if at_once:
                self._thread.join()

    @property
    def is_done(self) -> bool:
        return self._thread is None or not self._thread.is_alive()

    def result(self) -> T:
        """What was drawn, waited for; what went wrong is raised."""
        if self._thread is not None:
            self._thread.join()
        if self._problem is not None:
            raise self._problem
        assert self._result is not None
        return self._result

    def _run(self, draw: Callable[[drawn.OnStep], T]) -> None:
        try:
            self._result = draw(self._told)
        except Exception as problem:  # raised again where the result is asked for
            self._problem = problem

    def _told(self, done: int, most: int) -> None:
        self.share = done / max(most, 1)


def rows(digest: str, model_id: str, films: str, *, complete: bool = True) -> list[Worth]:
    """A row of figures per finding; the interval by patient is the card's where there is one.

    Without `complete` intervals that are still being drawn are not waited for: they are NaN; see `drawing`.
    """
    if model_id in MODELS:
        known = _of_card(model_id, films)
    else:
        told = spans(digest, model_id, films)
        known = told.result() if complete or told.is_done else {}
    return [replace(row, by_patient=known.get(row.finding, row.by_patient)) for row in _rows(digest, model_id, films)]


@st.cache_resource(max_entries=64, show_spinner="Measuring …")
def _rows(digest: str, model_id: str, films: str) -> list[Worth]:
    told = stored.results(model_id, films)
    return [
        worth(finding, told.labels[:, column], told.probability[:, column],
              stored.operating_point(model_id, finding), (float("nan"), float("nan")))
        for column, finding in enumerate(told.findings)
    ]


@st.cache_resource(max_entries=64, show_spinner=False)
def spans(digest: str, model_id: str, films: str) -> Drawing[drawn.Spans]:
    """The intervals by patient of results that have no card."""
    told = stored.results(model_id, films)
    return Drawing(
        drawn.find_spans(told, films, digest), partial(drawn.draw_spans, told, films, digest),
        at_once=told.labels.size <= SMALL,
    )


@st.cache_resource(max_entries=32, show_spinner=False)
def comparison(digests: tuple[str, str], first: str, second: str, films: str) -> Drawing[Comparison]:
    """Two models on the films of a set that both have scored."""
    one, other = stored.results(first, films), stored.results(second, films)
    return Drawing(
        drawn.find_comparison(one, other, films, digests),
        partial(drawn.draw_comparison, one, other, films, digests), at_once=2 * one.labels.size <= SMALL,
    )


@st.fragment(run_every=1.0)
def show_progress(drawings: list[Drawing], what: str) -> None:
    """How far they are; once all are done the page runs anew."""
    if all(one.is_done for one in drawings):
        st.rerun()
    share = sum(1.0 if one.is_done else one.share for one in drawings) / len(drawings)
    st.progress(share, text=f"{what}: drawing patients, {drawn.REPLICATES:,} times. Once drawn it is kept.")


def _of_card(model_id: str, films: str) -> drawn.Spans:
    figures = {one.key: one.figures.get(films) for one in resources.card_of(model_id).findings}
    return {key: (figure.low, figure.high) for key, figure in figures.items() if figure is not None}
