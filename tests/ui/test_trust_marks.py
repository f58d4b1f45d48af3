"""Every figure of several models says of each what speaks against setting it beside the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest

from cxr_core.evaluation.curves import precision_recall
from cxr_core.models.registry import find_spec
from cxr_core.render.figures import DASHES, draw_precision_recall
from cxr_core.ui import stored
from cxr_core.ui.trust import figures, published
from cxr_core.ui.trust.choice import Choice, Shown, shown
from cxr_core.ui.trust.class_groups import known_traits

MODELS = ("resnet18-128-nih14", "xception-128-nih14")
COLOUR = "#56B4E9"  # of both: a palette that begins anew


@pytest.mark.parametrize("draw", [
    lambda choice: figures.roc_figure(choice, (), ()), figures.precision_figure, figures.calibration_figure,
    lambda choice: figures.averages_figure(choice.of_all), lambda choice: figures.grid_figure(choice.of_all),
    lambda choice: published._figure(choice.of_all, False),
], ids=["ROC", "precision and recall", "calibration", "averages", "grid", "published"])
def test_a_mark_stands_in_every_figure_and_a_colour_that_comes_again_looks_otherwise(
    draw: Callable[[Choice], go.Figure]
) -> None:
    plain, marked = (
        Shown(one, stored.digest(one), COLOUR, dash, "0" * 64, mark)
        for one, dash, mark in zip(MODELS, DASHES, ("", "leaky"), strict=False)
    )
    drawn = draw(Choice("test", (plain, marked), "Mass"))
    named = f"{marked.id} (leaky)"
    lines = [one for one in drawn.data if (one.name or "").startswith(marked.id)]
    assert lines and all(named in f"{one.name} {one.hovertemplate}" for one in lines)
    seen = [one.name or "" for one in drawn.data if one.showlegend is not False]
    assert any(named in text for text in (*seen, *(note.text for note in drawn.layout.annotations)))
    of = {one.id: [line for line in drawn.data if (line.name or "").startswith(one.id)] for one in (plain, marked)}
    looks = {one: {(line.line.dash, line.marker.symbol) for line in lines} for one, lines in of.items()}
    assert not looks[plain.id] & looks[marked.id]
    assert "leaky" not in " ".join(line.name for line in of[plain.id])


def test_lines_of_ensembles_are_dashed_as_no_models_are() -> None:
    """Some colours of the palette are near each other, an ensemble's and its own member's among them."""
    dashes = {name: shown(name).dash for name in stored.names()}
    ensembles = {dash for name, dash in dashes.items() if find_spec(name).members}
    assert len(ensembles) == 1 and not ensembles & {dash for name, dash in dashes.items() if not find_spec(name).members}


def test_groups_are_of_traits_that_half_of_the_films_tell() -> None:
    told = stored.whole("resnet18-224-covid3")
    for films, known in (("test", frozenset()), ("nih_adults", frozenset({"sex", "age", "view"}))):
        part = told.where((told.films["subset"] == films).to_numpy())
        assert known_traits(part) == known
        assert known_traits(replace(part, films=part.films.assign(sex=""))) == known - {"sex"}


def test_a_prevalence_stands_where_no_legend_does() -> None:
    lines = {"one": precision_recall(np.arange(1000) < 20, np.zeros(1000))}
    figure = draw_precision_recall(lines, {"one": (20, 1000)}, {"one": COLOUR})
    (note,) = figure.layout.annotations
    assert (note.x, note.xanchor) == (0, "left") and note.y == 0.02 < figure.layout.yaxis.range[1]
    assert figure.layout.legend.y > 1 and figure.layout.legend.yanchor == "bottom"  # above the plot
