"""A cell's map is the Read page's for Integrated Gradients, and the method's own for the others."""

from __future__ import annotations

import numpy as np
import pytest

from cxr_core.comparing.cells import draw_cell
from cxr_core.errors import ExplanationError, FilmRefused
from cxr_core.explain.heatmap import make_heatmap
from cxr_core.explain.known_paths import KnownPaths
from cxr_core.imaging.phantom import make_phantom
from cxr_core.methods import draw_map
from cxr_core.models.classifier import Classifier
from cxr_core.reading import Reading, explain_film, first_finding, read_film
from cxr_core.ui.compare_words import receipt_line

MODEL = "resnet18-128-nih14"


def test_integrated_gradients_are_those_of_the_read_page(reading: Reading, classifier: Classifier) -> None:
    *_, last = draw_cell(reading, classifier, "ig")
    finding = first_finding(reading)
    told = explain_film(reading, finding, classifier=classifier)
    assert last.is_last and last.score == reading.score(finding) == max(reading.scores, key=lambda one: one.probability)
    np.testing.assert_array_equal(last.heatmap, told.heatmap)
    assert last.boxes == told.boxes
    assert (last.receipt.gap, last.receipt.steps) == (told.receipt.gap, told.receipt.steps)


@pytest.mark.parametrize("method", ["grad_cam", "guided_ig"])
def test_the_other_methods_are_drawn_at_once_with_a_receipt(
    reading: Reading, classifier: Classifier, method: str
) -> None:
    steps: list[tuple[int, int]] = []
    (cell,) = draw_cell(reading, classifier, method, "Edema", on_step=lambda *how: steps.append(how))
    np.testing.assert_array_equal(cell.values, draw_map(classifier, reading.batch, "Edema", method))
    np.testing.assert_array_equal(cell.heatmap, make_heatmap(cell.values))
    assert cell.score.finding == "Edema" and cell.is_last and cell.receipt.seconds > 0
    assert cell.receipt.steps == (steps[-1][1] if steps else 1)
    if method == "grad_cam":
        assert cell.receipt.gap == ()
    else:  # completeness: what the map adds up to against what the output changes by
        column = (reading.spec.findings.index("Edema"),)
        black = np.full_like(reading.batch, -1)
        change = float(np.diff(classifier.outputs(np.concatenate([black, reading.batch]), column)[:, 0])[0])
        gap = abs(cell.values.sum() - change) / abs(change)  # what is left of two large numbers, each of them rounded
        assert cell.receipt.gap[0] == pytest.approx(gap, rel=1e-3, abs=1e-4)


def test_a_map_whose_steps_were_all_taken_for_another_says_so(reading: Reading, classifier: Classifier) -> None:
    known = KnownPaths()
    first, second = (next(draw_cell(reading, classifier, method, "Edema", known=known))
                     for method in ("smooth_ig", "smooth_ig_squared"))
    assert not first.receipt.shared and second.receipt.shared
    assert "shared" not in receipt_line(first) and "steps, shared with another map" in receipt_line(second)
    list(draw_cell(reading, classifier, "ig", "Edema", known=known))
    assert next(draw_cell(reading, classifier, "xrai", "Edema", known=known)).receipt.shared
    assert not next(draw_cell(reading, classifier, "grad_cam", "Edema", known=known)).receipt.shared
    assert not next(draw_cell(reading, classifier, "smooth_ig_squared", "Edema")).receipt.shared


def test_what_cannot_be_drawn_says_why(reading: Reading, classifier: Classifier) -> None:
    with pytest.raises(ExplanationError, match="attention"):
        next(draw_cell(reading, classifier, "attention"))
    small = read_film(make_phantom(100), MODEL, classifier=classifier)
    with pytest.raises(FilmRefused, match="refused"):
        next(draw_cell(small, classifier, "ig", "Edema"))
    with pytest.raises(FilmRefused, match="refused"):
        next(draw_cell(small, classifier, "grad_cam"))
