"""The use case: bytes in, scores, maps and boxes out."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import cv2
import numpy as np
import pytest

from cxr_core.errors import FilmRefused, UnknownFinding, UnreadableFilm
from cxr_core.imaging.phantom import make_phantom
from cxr_core.reading import Reading, explain_film, read_film, refine_explanation

MODEL = "resnet18-128-nih14"


@pytest.fixture(scope="module")
def phantom() -> bytes:
    return make_phantom(size=512)


@pytest.fixture
def classifier(tiny_weights: Path):
    from cxr_core.models.classifier import load_classifier

    return load_classifier(MODEL)


@pytest.fixture
def reading(phantom: bytes, classifier) -> Reading:
    return read_film(phantom, MODEL, classifier=classifier)


def coloured_picture() -> bytes:
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    return cv2.imencode(".png", noise)[1].tobytes()


def with_operating_points(reading: Reading, point: float) -> Reading:
    scores = tuple(dataclasses.replace(score, operating_point=point) for score in reading.prediction.scores)
    return dataclasses.replace(reading, prediction=dataclasses.replace(reading.prediction, scores=scores))


def test_a_film_is_scored_for_every_finding_in_output_order(reading: Reading) -> None:
    assert [score.finding for score in reading.scores] == list(reading.spec.findings)
    assert all(0 <= score.probability <= 1 for score in reading.scores)
    assert reading.batch.shape == (1, *reading.spec.input_shape)
    assert reading.gate.status != "refused" and not reading.scored_anyway


def test_the_same_bytes_give_the_same_scores(phantom: bytes, reading: Reading, classifier) -> None:
    assert read_film(phantom, MODEL, classifier=classifier).prediction.scores == reading.prediction.scores


def test_a_refused_film_is_scored_only_when_asked(classifier) -> None:
    refused = read_film(coloured_picture(), MODEL, classifier=classifier)
    assert refused.gate.status == "refused" and refused.prediction is None and refused.scores == ()
    with pytest.raises(FilmRefused):
        refused.score("Effusion")
    scored = read_film(coloured_picture(), MODEL, score_anyway=True, classifier=classifier)
    assert scored.scored_anyway and len(scored.scores) == 14


def test_a_refused_film_loads_no_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path))
    assert read_film(coloured_picture(), MODEL).prediction is None


def test_no_film_is_no_reading(classifier) -> None:
    with pytest.raises(UnreadableFilm):
        read_film(b"", MODEL, classifier=classifier)


def test_a_map_is_refined_from_its_first_steps(reading: Reading, classifier) -> None:
    stages = list(refine_explanation(reading, "Effusion", classifier=classifier, steps=32))
    assert stages[0].receipt.steps == 8
    assert [stage.receipt.steps for stage in stages] == sorted(stage.receipt.steps for stage in stages)
    assert stages[-1].heatmap.shape == (128, 128) and 0 <= stages[-1].heatmap.min() <= stages[-1].heatmap.max() <= 1


def test_several_findings_share_their_passes_and_equal_each_alone(reading: Reading, classifier) -> None:
    names = ("Effusion", "Mass")
    together = explain_film(reading, names, classifier=classifier, steps=8)
    for name, one in zip(names, together, strict=True):
        alone = explain_film(reading, name, classifier=classifier, steps=8)
        assert one.finding == alone.finding == name
        np.testing.assert_allclose(one.heatmap, alone.heatmap, atol=1e-3)


def test_only_a_finding_at_its_operating_point_draws_boxes(reading: Reading, classifier) -> None:
    below = explain_film(with_operating_points(reading, 1.1), "Effusion", classifier=classifier, steps=8)
    above = explain_film(with_operating_points(reading, 0.0), "Effusion", classifier=classifier, steps=8)
    assert below.boxes == ()
    assert above.boxes
    for box in above.boxes:
        assert box.label == "Effusion" and 0 < box.share <= 1
        assert 0 <= box.x and box.x + box.w <= reading.radiograph.width + 1e-6
        assert 0 <= box.y and box.y + box.h <= reading.radiograph.height + 1e-6


def test_a_finding_the_model_has_not_is_named_with_those_it_has(reading: Reading, classifier) -> None:
    with pytest.raises(UnknownFinding, match="Effusion"):
        explain_film(reading, "Measles", classifier=classifier)
