"""Two groups of films side by side: how far the selected ones are from others, by what is known and what is seen."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from cxr_core.datasets.collection import film_bytes
from cxr_core.datasets.counts import Selection
from cxr_core.datasets.groups import Group, measures_of_counts, patients_of
from cxr_core.datasets.pictures import MEASURES, measure_pictures, sample_films
from cxr_core.datasets.trouble import measures
from cxr_core.evaluation.shift import Shift, compare_counts, compare_groups
from cxr_core.render.trait_figures import draw_shifts
from cxr_core.ui.dataset import work
from cxr_core.ui.dataset.against import Against, choose_against
from cxr_core.ui.dataset.source import Data, summary_of

_NO_TEST = ("There is no interval and no p here: films of one patient are alike, and counts do not say whose a film "
            "is. With the films of both on this server there are.")


def show_shift(data: Data, asked: Selection) -> pd.DataFrame | None:
    """Choose what to compare with, and draw how far they are apart; the figures as a table, None without any."""
    other = choose_against(data, asked)
    if other is None:
        return None
    if data.films is None or other.films is None:
        return _draw(_by_counts(data, asked, other), _NO_TEST)
    groups = Group(data.films, data.films.places(asked)), other.films
    key = ("pictures", data.key, asked, *other.key)
    pictures, waits = _pictures(key, groups)
    told = _told(key, pictures is not None, groups, pictures)
    sizes = " and ".join(f"{len(one):,}" for one in pictures) if pictures else ""
    table = _draw(told, f"What is seen is of {sizes} films drawn by chance, no patient's second before each has one." if
                  sizes else "")
    waits()
    return table


def _pictures(key: tuple, groups: tuple[Group, Group]) -> tuple[tuple[pd.DataFrame, ...] | None, object]:
    """What a sample of each group's films looks like, None while they are looked at; and how that is said."""
    def nothing() -> None:
        """They are there, or will not be."""

    if not all(len(one.places) for one in groups):
        return None, nothing
    seen = tuple(one.with_films() for one in groups)
    if not all(len(one.places) for one in seen):
        return None, partial(st.caption, "How they look is not compared: the films of one side are not on this server.")
    make = partial(_look, seen)
    if work.is_stopped(key):
        return None, partial(st.button, "Look at the pictures too", key="pictures_begin", on_click=work.begin_latest,
                             args=(key, make))
    doing = work.begin_latest(key, make)
    doing.wait(0.5)
    if not doing.is_done:
        return None, partial(work.show_progress, doing, "Pictures measured", "pictures")
    return doing.made, partial(st.warning, doing.problem) if doing.problem else nothing


def _look(groups: tuple[Group, Group], on_step: work.OnStep) -> tuple[pd.DataFrame, ...]:
    """The measures of a sample of each group."""
    samples = [one.places[sample_films(names)] for one, names in zip(groups, patients_of(*groups), strict=True)]
    most, before, told = sum(map(len, samples)), 0, []
    for group, places in zip(groups, samples, strict=True):
        told.append(measure_pictures(partial(film_bytes, group.films), places,
                                     lambda done, _, before=before: on_step(before + done, most)))
        before += len(places)
    return tuple(told)


@st.cache_resource(scope="session", max_entries=6, show_spinner="Comparing …")
def _told(
    key: tuple, has_pictures: bool, _groups: tuple[Group, Group], _pictures: tuple[pd.DataFrame, ...] | None
) -> list[Shift]:
    if not all(len(one.places) for one in _groups):
        return []
    tables = [measures(one.films, one.places) for one in _groups]
    if _pictures:
        tables = [pd.concat([table, seen.reindex(group.places).reset_index(drop=True)], axis=1)
                  for table, seen, group in zip(tables, _pictures, _groups, strict=True)]
    return compare_groups(*tables, patients_of(*_groups))


def _by_counts(data: Data, asked: Selection, other: Against) -> list[Shift]:
    summary = summary_of(data, asked)
    first, films = measures_of_counts(summary, asked.kinds(summary))
    if other.films is not None:  # this side is counts alone
        second, others = measures_of_counts(other.films.films.summary)
    else:
        second, others = measures_of_counts(other.summary, other.kinds)
    return compare_counts(first, second, (films, others))


def _draw(told: list[Shift], more: str) -> pd.DataFrame | None:
    if not told:
        st.html('<p class="none">There is nothing to compare: a group has films of fewer than ten patients, or nothing '
                "is known of both.</p>")
        return None
    interval, pale = ", 95% interval by patient", "; pale where it may be chance (Holm)"
    if not np.isfinite(told[0].p):
        interval = pale = ""
    st.html("<h2>How far they are apart</h2><p class='key'>Difference of the means over the spread within the groups"
            f"{interval}: .2 is small, .5 medium, .8 large{pale}</p>")
    st.plotly_chart(draw_shifts(told), key="shifts", config={"displayModeBar": False})
    if more:
        st.caption(more)
    return pd.DataFrame([{
        "measure": one.measure, "of": "picture" if one.measure in MEASURES else "table", "selected": one.first,
        "against": one.second, "effect": one.effect, "low": one.low, "high": one.high, "p": one.p,
        "films_selected": one.films[0], "films_against": one.films[1],
    } for one in told])
