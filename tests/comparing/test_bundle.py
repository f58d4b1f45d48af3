"""What is taken away says on each picture, and in the report, what the page says beside the map."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny_training as tiny

from cxr_core.comparing import bundle as room
from cxr_core.comparing.bundle import PHANTOM, Packed, to_zip
from cxr_core.comparing.cells import draw_cell
from cxr_core.comparing.pairs import compare_pairs, consensus_map
from cxr_core.evaluation.saved_points import SavedPoint
from cxr_core.imaging.phantom import make_phantom
from cxr_core.models.card import Figure
from cxr_core.models.classifier import Classifier, load_classifier
from cxr_core.models.clinical import ClinicalInputs
from cxr_core.reading import NOTICE, SCORED_ANYWAY, Reading, read_film

MODEL = "resnet18-128-nih14"


@pytest.fixture
def captions(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[str]]:
    """The lines under each picture, as they are drawn."""
    said: list[Sequence[str]] = []
    draw = room.add_caption

    def caption(picture: np.ndarray, lines: Sequence[str]) -> np.ndarray:
        said.append(lines)
        return draw(picture, lines)

    monkeypatch.setattr(room, "add_caption", caption)
    return said


def report_of(reading: Reading, packed: Packed) -> dict:
    return json.loads(zipfile.ZipFile(io.BytesIO(to_zip(reading.radiograph, {"a map": packed}))).read("report.json"))


def test_a_refused_film_that_was_scored_anyway_is_marked_on_its_picture_and_in_the_report(
    classifier: Classifier, captions: list[Sequence[str]]
) -> None:
    reading = read_film(make_phantom(100), MODEL, classifier=classifier, score_anyway=True)
    (cell,) = draw_cell(reading, classifier, "gradient", "Edema")
    (row,) = report_of(reading, Packed(cell))["maps"]
    assert captions[0][0] == SCORED_ANYWAY and captions[0][-1] == NOTICE
    assert row["scored_anyway"] is True and row["gate"] == "refused"
    assert row["reasons"] == [reason.text for reason in reading.gate.reasons] and row["reasons"]


def test_a_film_that_is_not_refused_bears_no_such_mark(
    reading: Reading, classifier: Classifier, captions: list[Sequence[str]]
) -> None:
    (cell,) = draw_cell(reading, classifier, "gradient", "Edema")
    (row,) = report_of(reading, Packed(cell))["maps"]
    assert SCORED_ANYWAY not in captions[0] and not row["scored_anyway"] and row["clinical"] is None


def test_whose_operating_point_it_is_and_which_finding_was_asked_for_are_told(
    reading: Reading, classifier: Classifier, captions: list[Sequence[str]]
) -> None:
    point = SavedPoint("Edema", 0.3, rule="by hand", who="Dr. Roe", chosen="2026-11-21T10:00:00")
    (cell,) = draw_cell(
        replace(reading, prediction=reading.prediction.held_to({"Edema": point})), classifier, "gradient", "Edema"
    )
    (row,) = report_of(reading, Packed(cell, asked="Pneumonia"))["maps"]
    assert "Dr. Roe" in row["operating_point_of"] and row["operating_point"] == 0.3
    assert row["asked"] == "Pneumonia" and "nearest class to Pneumonia" in captions[0][0]


def test_what_a_clinical_model_was_told_is_on_the_picture_and_in_the_report(
    tiny_models: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, captions: list[Sequence[str]]
) -> None:
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path))
    tiny.write_clinical_weights(tmp_path)
    told, network = ClinicalInputs(67, "F", "AP"), load_classifier(tiny.CLINICAL.id)
    reading = read_film(make_phantom(256), tiny.CLINICAL.id, classifier=network, clinical=lambda tags: told)
    (cell,) = draw_cell(reading, network, "gradient")
    (row,) = report_of(reading, Packed(cell))["maps"]
    assert row["clinical"] == told.to_object() and f"Told of the patient: {told.in_words()}" in captions[0]


def test_maps_together_are_packed_with_how_they_agree_and_what_each_score_is_worth(
    reading: Reading, classifier: Classifier, captions: list[Sequence[str]]
) -> None:
    (one,) = draw_cell(reading, classifier, "gradient", "Edema")
    other, cam = replace(one, model_id="xception-128-nih14"), next(draw_cell(reading, classifier, "grad_cam", "Edema"))
    maps = {"one": Packed(one, figure=Figure(0.8, 0.7, 0.9, 20, 100), judged_on="NIH's test"), "other": Packed(other),
            "cam": Packed(cam)}
    packed = zipfile.ZipFile(io.BytesIO(to_zip(reading.radiograph, maps, phantom=True)))
    report = json.loads(packed.read("report.json"))
    pairs = compare_pairs([one, other, cam])
    assert report["agreement"]["maps"] == ["one", "other", "cam"]
    assert report["agreement"]["verdicts"] == [{"method": "gradient", "text": pairs.verdicts[0].text}]
    assert report["agreement"]["top"] == [[found.top for found in row] for row in pairs.rows]
    assert report["maps"][0]["auc"] == {
        "auc": 0.8, "low": 0.7, "high": 0.9, "positives": 20, "n": 100, "of": "NIH's test"}
    assert report["maps"][1]["auc"] is None
    with np.load(io.BytesIO(packed.read("maps.npz"))) as arrays:
        np.testing.assert_array_equal(arrays["consensus gradient"], consensus_map([one, other]))
    assert [name for name in packed.namelist() if name.startswith("consensus")] == ["consensus/gradient.png"]
    assert report["phantom"] is True and len(captions) == 4 and all(lines[0] == PHANTOM for lines in captions)


def test_a_receipt_of_what_is_not_a_number_does_not_lose_the_download(reading: Reading, classifier: Classifier) -> None:
    (cell,) = draw_cell(reading, classifier, "gradient", "Edema")
    broken = replace(cell.receipt, error=(float("nan"),), gap=(float("inf"),))
    (row,) = report_of(reading, Packed(replace(cell, receipt=broken)))["maps"]
    assert row["receipt"]["error"] == row["receipt"]["gap"] == [None]
