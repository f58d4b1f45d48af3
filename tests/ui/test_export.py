"""What leaves the page says what made it, and never who it is of."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from cxr_core.imaging.phantom import make_phantom
from cxr_core.reading import Reading, draw_reading, explain_film, read_film
from cxr_core.ui.export import to_csv, to_json

MODEL = "resnet18-128-nih14"


@pytest.fixture
def reading(tiny_weights: Path) -> Reading:
    return read_film(make_phantom(300), MODEL)


@pytest.fixture
def refused(tiny_weights: Path) -> Reading:
    """A colour picture, scored on request."""
    noise = np.random.default_rng(0).integers(0, 255, (300, 300, 3), dtype=np.uint8)
    return read_film(cv2.imencode(".png", noise)[1].tobytes(), MODEL, score_anyway=True)


def rows(reading: Reading) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(to_csv(reading))))


def test_the_table_holds_every_score_in_full_with_what_made_it(reading: Reading) -> None:
    table = rows(reading)
    assert {row["finding"]: float(row["probability"]) for row in table} == {
        score.finding: score.probability for score in reading.scores
    }
    assert [float(row["probability"]) for row in table] == sorted((s.probability for s in reading.scores), reverse=True)
    made = reading.prediction
    assert {(row["model"], row["digest"], row["scored_anyway"]) for row in table} == {(MODEL, made.digest, "False")}


def test_the_object_holds_the_same_and_the_map_s_receipt(reading: Reading) -> None:
    explanation = explain_film(reading, "Mass", steps=8)
    told = json.loads(to_json(reading, explanation))
    assert {one["finding"]: one["probability"] for one in told["findings"]} == {
        score.finding: score.probability for score in reading.scores
    }
    assert (told["model"], told["digest"], told["scored_anyway"]) == (MODEL, reading.prediction.digest, False)
    assert told["explanation"]["finding"] == "Mass" and told["explanation"]["receipt"]["steps"] == 8
    assert "Research use only" in told["notice"] and json.loads(to_json(reading))["explanation"] is None


def test_a_refused_film_is_marked_in_every_file(reading: Reading, refused: Reading) -> None:
    assert all(row["scored_anyway"] == "True" for row in rows(refused))
    told = json.loads(to_json(refused))
    assert told["scored_anyway"] and told["gate"] == "refused" and told["reasons"]
    usual, marked = (strip_of(one) for one in (reading, refused))
    assert marked.shape[0] > usual.shape[0]  # a line more


def strip_of(reading: Reading) -> np.ndarray:
    """What is written under the film."""
    picture = cv2.imdecode(np.frombuffer(draw_reading(reading), np.uint8), cv2.IMREAD_COLOR)
    return picture[reading.radiograph.height:]


def test_the_picture_s_caption_changes_with_the_finding(reading: Reading) -> None:
    mass, nodule = (draw_reading(reading, explain_film(reading, finding, steps=2)) for finding in ("Mass", "Nodule"))
    decoded = [cv2.imdecode(np.frombuffer(one, np.uint8), cv2.IMREAD_COLOR)[300:] for one in (mass, nodule)]
    assert (decoded[0] != decoded[1]).any() and decoded[0].max() > 150


@pytest.mark.realdata
def test_a_patient_s_name_and_id_are_in_no_file(data_folder: Path, tiny_weights: Path) -> None:
    from pydicom import dcmread

    film = dcmread(data_folder / "dicom" / "chest_dx_implicit_vr_uncompressed.dcm")
    film.PatientName, film.PatientID, film.AccessionNumber = "SECRET^JANE", "SECRET-1", "SECRET-2"
    held = io.BytesIO()
    film.save_as(held)
    reading = read_film(held.getvalue(), MODEL, score_anyway=True)
    assert b"SECRET" in held.getvalue()
    for content in (to_csv(reading).encode(), to_json(reading).encode(), draw_reading(reading)):
        assert b"SECRET" not in content.upper()
