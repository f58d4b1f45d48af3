"""What a figure says and how it looks: thresholds, prevalences, what makes no claim, and colours that can be read."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score

from cxr_core.evaluation.averages import Averages
from cxr_core.evaluation.curves import RocCurve, precision_recall, worth
from cxr_core.evaluation.published import PUBLISHED
from cxr_core.findings import NIH14, NO_FINDING
from cxr_core.render import report
from cxr_core.render.figures import (
    DASHES, FITTED, PALETTE, colour_of, dash_of, draw_averages, draw_precision_recall, draw_roc, draw_roc_grid,
)
from cxr_core.render.html_table import html_table, number, p_value, span, three_digits
from cxr_core.render.published_table import HEADS, own_cells, paper_cells
from cxr_core.render.trust_figures import MEAN, draw_histories, draw_published, mean_auc
from cxr_core.render.worth_table import HEADS as WORTH, worth_cells

COLOURS = {"one": "#56B4E9", "two": "#E69F00"}
NAN = float("nan")


def curve(positives: int, films: int = 40) -> RocCurve:
    scores = np.random.default_rng(positives).random(films) / 50
    return RocCurve.from_predictions(np.arange(films) < positives, scores)


def trace(figure, name: str):
    return next(one for one in figure.data if (one.name or "").startswith(name) and one.mode != "none" and not one.fill)


def test_the_point_that_calls_none_has_no_threshold_and_small_ones_have_three_digits() -> None:
    shown = trace(draw_roc({"one": curve(20)}, COLOURS), "one")
    assert shown.text[0] == "none is called" and all(0 < float(text) < 0.02 for text in shown.text[1:])
    assert all(len(text.lstrip("0.")) >= 3 for text in shown.text[1:])


@pytest.mark.parametrize(("value", "words"), [
    (0.5, "0.500"), (1.0, "1.000"), (0.0253, "0.0253"), (0.00012827, "0.000128"), (0.0, "0.000"), (np.inf, "none is called"),
])
def test_thresholds_in_words(value: float, words: str) -> None:
    assert three_digits(value) == words


@pytest.mark.parametrize(("value", "words"), [(0.0, "<0.001"), (0.0004, "<0.001"), (0.0006, "0.001"), (NAN, "–")])
def test_no_p_is_nothing(value: float, words: str) -> None:
    assert p_value(value) == words


@pytest.mark.parametrize(("value", "words"), [
    (0.99997, ">0.999"), (0.9995, ">0.999"), (0.9994, "0.999"), (1.0, "1.000"),
])
def test_nearly_all_is_never_written_as_all(value: float, words: str) -> None:
    assert number(value) == words and number(NAN) == "–"
    assert span(value, 1.0) == f"{words}–1.000" and span(NAN, NAN) == "–"


def test_curves_can_be_drawn_closer_and_say_why_they_stand_apart() -> None:
    figure = draw_roc({"one": curve(20), "two": curve(9)}, COLOURS, remarks={"two": "leaky"}, dashes={"two": "dashdot"})
    assert figure.layout.dragmode == "zoom"
    one, two = trace(figure, "one"), trace(figure, "two")
    assert (one.legendgroup, two.legendgroup) == ("one", "two") and two.name.startswith("two (leaky)")
    assert (one.line.dash, two.line.dash) == ("solid", "dashdot")
    assert one.opacity == 1 and two.opacity < 0.5  # 9 positives make no claim
    grid = draw_roc_grid({"Mass": {"two": curve(9)}}, COLOURS, dashes={"two": "dashdot"})
    assert trace(grid, "two").opacity < 0.5 and trace(grid, "two").line.dash == "dashdot"


def test_a_curve_says_whose_it_is_where_it_is_pointed_at_and_a_band_is_as_pale_as_its_curve() -> None:
    bands = dict.fromkeys(COLOURS, (np.array([0, 1.0]), np.array([0, 0.5]), np.array([0.5, 1])))
    figure = draw_roc({"one": curve(20), "two": curve(9)}, COLOURS, bands, remarks={"two": "leaky"})
    assert trace(figure, "one").hovertemplate.startswith("one<br>threshold %{text}<br>sensitivity %{y:.1%}<br>spec")
    assert trace(figure, "two").hovertemplate.startswith("two (leaky)<br>")
    strong, weak = (float(band.fillcolor.rstrip(")").split(",")[-1]) for band in figure.data if band.fill)
    assert 0 < weak < strong / 2


def test_a_small_curve_names_an_auc_only_where_it_is_the_only_one() -> None:
    def titles(*of_findings) -> list[str]:
        grid = draw_roc_grid({f"Finding {n}": of_each for n, of_each in enumerate(of_findings)}, COLOURS)
        return [note.text.partition(" · ")[2] for note in grid.layout.annotations]

    many = curve(2000, 4000)
    assert titles({"one": many}, {"one": many, "two": many}, {"one": many, "two": curve(9)}, {}) == [
        f"{many.auc:.2f} · 2,000+", "2,000+", "", "one class only"]


def test_each_set_of_films_has_its_own_prevalence() -> None:
    lines = {name: precision_recall(np.array([1, 0]), np.array([0.5, 0.5])) for name in COLOURS}
    same = draw_precision_recall(lines, {"one": (20, 100), "two": (20, 100)}, COLOURS)
    assert [note.text for note in same.layout.annotations] == ["prevalence 20.0%"] and len(same.layout.shapes) == 1
    other = draw_precision_recall(lines, {"one": (20, 100), "two": (5, 100)}, COLOURS, remarks={"two": "other films"})
    assert {note.text for note in other.layout.annotations} == {"prevalence 20.0%, one", "prevalence 5.0%, two"}
    assert trace(other, "two").opacity < 0.5 and trace(other, "two").name == "two (other films)"


@pytest.mark.parametrize("positives", [3, 40, 700])
def test_the_area_under_the_drawn_steps_is_the_average_precision_that_tables_give(positives: int) -> None:
    rng = np.random.default_rng(positives)
    ill = np.arange(9000) < positives
    scores = np.round(rng.normal(size=9000) + ill, 2)  # with ties
    line = precision_recall(ill, scores)
    shown = trace(draw_precision_recall({"one": line}, {"one": (positives, 9000)}, COLOURS), "one")
    assert shown.line.shape == "vh"  # from a point first up or down, then across: a step has the height of its end
    assert np.sum(np.diff(shown.x) * shown.y[1:]) == pytest.approx(average_precision_score(ill, scores), abs=1e-12)
    assert (shown.x[-1], shown.y[-1]) == (1, positives / 9000) and shown.text[0] == "none is called"


def test_a_rare_finding_fills_the_scale_of_precision_and_its_prevalence_stays_in_sight() -> None:
    rng = np.random.default_rng(5)
    ill = np.arange(20000) < 40
    line = precision_recall(ill, rng.normal(size=20000) + 1.5 * ill)
    figure = draw_precision_recall({"one": line}, {"one": (40, 20000)}, COLOURS)
    low, high = figure.layout.yaxis.range
    told = line.precision[line.rises][line.recall[line.rises] >= FITTED]
    assert low == 0 and 40 / 20000 < told.max() < high < 2 * told.max() < 0.5 and figure.layout.dragmode == "zoom"
    common = draw_precision_recall({"one": precision_recall(np.arange(9) < 5, np.arange(9))}, {"one": (5, 9)}, COLOURS)
    assert common.layout.yaxis.range[1] > 5 / 9  # upside down, and still under its prevalence


@pytest.mark.parametrize("count", [1, 8])
def test_a_legend_stands_above_the_plot_and_takes_nothing_of_its_height(count: int) -> None:
    names = [f"densenet121-224-nih14-{n}" for n in range(count)]
    colours = dict(zip(names, PALETTE, strict=False))
    curves, line = dict.fromkeys(names, curve(20)), precision_recall(np.arange(40) < 20, np.arange(40))
    averages = Averages((curve(20).false, curve(20).true), 0.5, curve(20))
    for figure in (draw_roc(curves, colours), draw_averages(dict.fromkeys(names, averages), colours),
                   draw_precision_recall(dict.fromkeys(names, line), dict.fromkeys(names, (20, 40)), colours)):
        legend, margin = figure.layout.legend, figure.layout.margin
        assert (legend.orientation, legend.yanchor) == ("h", "bottom") and legend.y > 1
        assert figure.layout.height - margin.t - margin.b == 412
        shown = sum(one.showlegend is not False for one in figure.data)
        assert shown == count and margin.t >= 10 + 19 * count / 2  # a page 1440 px wide has room for two in a line
        assert {one.legendgroup for one in figure.data if one.showlegend is not False} == set(names)


def test_every_paper_with_figures_is_a_symbol_of_its_own_and_a_mean_stands_at_the_mean() -> None:
    rng = np.random.default_rng(1)
    rows = [worth(key, np.arange(50) < count, rng.random(50), None, (0.4, 0.6))
            for key, count in (("Mass", 20), ("Hernia", 5), (NO_FINDING, 25))]
    figure = draw_published({"one": rows}, PUBLISHED, NIH14, COLOURS)
    papers = {one.name: one for one in figure.data if one.name != "one"}
    assert papers.keys() == {paper.name for paper in PUBLISHED}
    assert len({one.marker.symbol for one in papers.values()}) == len(PUBLISHED)
    srikar = papers["Srikar, Reddy, Reddy"]
    assert list(srikar.x) == [0.7301] and list(srikar.y) == [MEAN]
    claims, pale = (next(one for one in figure.data if one.name == "one" and one.showlegend is shown)
                    for shown in (True, False))
    assert list(claims.y) == ["Mass", MEAN] and list(pale.y) == ["Hernia"] and pale.opacity < 0.5
    assert claims.x[1] == pytest.approx((rows[0].auc + rows[1].auc) / 2) == mean_auc(rows)  # without No Finding
    assert list(claims.customdata) == ["", ", mean of 2 findings"]
    assert list(srikar.customdata) == [", mean of 15 findings"]


def test_a_mean_stands_beside_the_number_of_findings_it_is_over() -> None:
    rng = np.random.default_rng(1)
    rows = [worth(key, np.arange(50) < count, rng.random(50), None, (0.4, 0.6))
            for key, count in (("Mass", 20), ("Hernia", 0), (NO_FINDING, 25))]
    at = HEADS.index("of findings")
    assert HEADS[at - 1] == MEAN
    papers = {paper.name: paper_cells(paper)[at - 1:at + 1] for paper in PUBLISHED}
    assert papers["Srikar, Reddy, Reddy"] == ["0.730", "15"] and papers["Khan"] == ["–", "–"]
    cells, pale = own_cells("ours", "test", rows)
    assert cells[at - 1:at + 1] == [f"{rows[0].auc:.3f}", "1"]  # Hernia has no AUC, No Finding is no finding
    assert len(cells) == len(pale) == len(HEADS) == len(paper_cells(PUBLISHED[0]))


def test_the_last_row_of_a_table_is_the_mean_with_its_interval() -> None:
    rng = np.random.default_rng(1)
    rows = [worth(key, np.arange(4000) < count, rng.random(4000), None, (0.4, 0.6))
            for key, count in (("Mass", 2000), ("Edema", 30), ("Hernia", 0), (NO_FINDING, 25))]
    *cells, mean = worth_cells(rows, (0.45, 0.55))
    assert mean[:5] == ["Mean of 2 findings", "", "", f"{(rows[0].auc + rows[1].auc) / 2:.3f}", "0.450–0.550"]
    assert cells == worth_cells(rows) and {len(row) for row in [*cells, mean]} == {len(WORTH)}
    assert len(worth_cells(rows[:1], (0.4, 0.6))) == 1  # a mean of one finding is that finding
    assert cells[0][1:3] == ["4,000", "2,000"]


def test_a_history_is_drawn_as_far_as_it_goes() -> None:
    bare = draw_histories({"one": pd.DataFrame({"epoch": [1, 2], "loss": [0.5, 0.4]})}, COLOURS)
    assert [list(one.y) for one in bare.data] == [[0.5, 0.4]]
    whole = pd.DataFrame({"epoch": [1], "loss": [1.0], "val_loss": [1.1], "val_auc": [0.6], "accuracy": [0.7],
                          "val_accuracy": [0.5], "val_auc_within_view": [0.55]})
    assert [one.y[0] for one in draw_histories({"one": whole}, COLOURS).data] == [1.0, 1.1, 0.6, 0.5, 0.7, 0.55]


def test_cells_can_be_pale_alone() -> None:
    table = html_table(["", "a", "b"], [["x", "1", "2"], ["y", "3", "4"]], [[False, False, True], True])
    assert '<td>1</td><td class="pale">2</td>' in table and '<tr class="pale"><td>y</td>' in table


def test_the_palette_begins_anew_with_another_dash() -> None:
    names = [f"m{n}" for n in range(2 * len(PALETTE))]
    first, again = names[0], names[len(PALETTE)]
    assert colour_of(first, names) == colour_of(again, names) and (dash_of(first, names), dash_of(again, names)) == DASHES[:2]


def test_what_is_pale_can_still_be_read() -> None:
    """4.5:1, WCAG 2.1's least for small text, on the page's ground and on that of its boxes."""
    style = (Path(report.__file__).parents[1] / "ui" / "frame.css").read_text("utf-8") + report._STYLE
    pale = re.findall(r"tr\.pale td[^{]*\{ color: (#\w{6})", style)
    assert len(pale) == 2
    for colour in pale:
        for ground in ("#0b0f14", "#0e151d"):
            assert (light(colour) + 0.05) / (light(ground) + 0.05) >= 4.5


def light(colour: str) -> float:
    """Relative luminance, as WCAG has it."""
    parts = [int(colour[place:place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))
