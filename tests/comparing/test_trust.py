"""The checks of a map on a real network, and planted maps: a true one passes, false ones are flagged in words."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from cxr_core.comparing.bundle import to_zip
from cxr_core.comparing.cells import CellMap, draw_cell
from cxr_core.comparing.trust import CONTROLS, STAGES, Trust, check_map
from cxr_core.comparing.verdict import headline, verdict
from cxr_core.explain.faithfulness import Randomisation, Stability, deletion, insertion, random_heatmap
from cxr_core.explain.lungs import LungShare
from cxr_core.models.classifier import Classifier
from cxr_core.models.prediction import Score
from cxr_core.models.randomising import randomised
from cxr_core.reading import Reading, Receipt

MODEL = "resnet18-128-nih14"
SIDE = 32
FILM = np.random.default_rng(0).uniform(0.2, 1, (SIDE, SIDE, 1)).astype(np.float32)
PART = np.zeros((SIDE, SIDE, 1), np.float32)
PART[6:14, 16:26] = 1  # all that the planted network looks at


def planted(heatmap: np.ndarray) -> Trust:
    """The checks of a map of a network that looks at PART alone."""
    def outputs(films: np.ndarray) -> np.ndarray:
        return (films * PART).sum(axis=(1, 2, 3))

    score = Score("Mass", 0.5, 0.5, 0.4, None)
    cell = CellMap(score, "ig", heatmap, heatmap, (), Receipt("ig", "logit", "black", 64, (0.01,), 1.0, "CPU"), True)
    controls = [random_heatmap(SIDE, seed) for seed in range(CONTROLS)]
    empty = np.zeros_like(FILM)
    return Trust(
        cell, LungShare(0.8, 0.4, 0.4), True,
        deletion(outputs, FILM, empty, heatmap), insertion(outputs, FILM, empty, heatmap),
        tuple(deletion(outputs, FILM, empty, one) for one in controls),
        tuple(insertion(outputs, FILM, empty, one) for one in controls),
        0.0, Stability(0.95, 0.9), Randomisation(("logits", "stem"), (0.4, 0.1)), 9, True,
    )


def kinds(trust: Trust) -> dict[str, str]:
    return {said.name: said.kind for said in verdict(trust)}


def test_a_true_map_passes_every_check() -> None:
    trust = planted((PART * FILM)[..., 0])
    assert set(kinds(trust).values()) == {"for"} and headline(verdict(trust)).startswith("None of the 5 checks")


def test_a_planted_constant_map_and_one_of_another_place_are_not_faithful() -> None:
    elsewhere = np.roll((PART * FILM)[..., 0], (14, -14), axis=(0, 1))
    assert kinds(planted(elsewhere))["Faithfulness"] == "against"
    assert kinds(planted(np.ones((SIDE, SIDE), np.float32)))["Faithfulness"] == "against"


def test_a_film_that_scores_below_an_empty_one_is_judged_by_what_raises_its_score() -> None:
    true, against = (PART * FILM)[..., 0], np.roll(PART, (14, -14), axis=(0, 1))

    def outputs(films: np.ndarray) -> np.ndarray:  # what speaks against the finding outweighs what speaks for it
        return (films * (PART - 2 * against)).sum(axis=(1, 2, 3))

    for heatmap, kind in ((true, "for"), ((against * FILM)[..., 0], "against")):
        curves = {"deletion": deletion, "insertion": insertion}
        made = {name: check(outputs, FILM, 0 * FILM, heatmap) for name, check in curves.items()}
        blind = [random_heatmap(SIDE, seed) for seed in range(CONTROLS)]
        controls = {f"{name}_controls": tuple(check(outputs, FILM, 0 * FILM, one) for one in blind)
                    for name, check in curves.items()}
        assert made["deletion"].values[0] < made["deletion"].values[-1]
        assert kinds(replace(planted(true), **made, **controls))["Faithfulness"] == kind


def test_each_failing_check_is_named_in_the_headline() -> None:
    trust = planted((PART * FILM)[..., 0])
    blind = replace(trust, randomisation=Randomisation(("logits", "stem"), (0.9, 0.8)))  # as an edge detector's
    jumping = replace(blind, stability=Stability(0.2, 0.9))
    outside = replace(jumping, lungs=LungShare(0.2, 0.4, 0.4))
    told = headline(verdict(outside))
    assert told.startswith("3 of the 5 checks speak against")
    assert "randomised weights, stability, inside the chest" in told
    poor = replace(trust, cell=replace(trust.cell, receipt=replace(trust.cell.receipt, gap=(1.7,))))
    assert headline(verdict(poor)).startswith("1 of the 5 checks speaks against this map: completeness")


def test_what_cannot_be_told_is_left_open() -> None:
    trust = planted((PART * FILM)[..., 0])
    trust = replace(trust, lungs=None, lungs_found=False, stability=Stability(float("nan"), 0.9))
    assert kinds(trust)["Inside the chest"] == kinds(trust)["Stability"] == "open"


def test_a_map_of_a_real_network_is_checked_in_stages_and_packed(reading: Reading, classifier: Classifier) -> None:
    (cell,) = draw_cell(reading, classifier, "gradient", "Edema")
    steps: list[tuple[int, int]] = []
    told = check_map(reading, classifier, cell, lambda: randomised(MODEL), on_step=lambda *how: steps.append(how))
    stages = list(told)
    last = stages[-1]
    assert [one.is_last for one in stages] == [False] * (len(stages) - 1) + [True]
    assert [one.steps for one in stages] == sorted({one.steps for one in stages})
    assert steps == sorted(steps) and all(done <= most for done, most in steps)
    assert len(last.deletion_controls) == CONTROLS and len(last.randomisation.layers) == STAGES
    column = (reading.spec.findings.index("Edema"),)
    whole = float(classifier.outputs(reading.batch, column)[0, 0])
    assert last.deletion.values[0] == pytest.approx(whole, abs=1e-4) == last.insertion.values[-1]
    assert last.lungs is not None and abs(last.alike) < 0.5
    packed = zipfile.ZipFile(io.BytesIO(to_zip(
        reading.radiograph, {"a gradient": cell}, {"a gradient": "0" * 64}, {"a gradient": last},
    )))
    report = json.loads(packed.read("report.json"))
    (row,) = report["maps"]
    assert row["finding"] == "Edema" and row["receipt"]["gap"] == []
    assert row["trust"]["headline"] == headline(verdict(last))
    assert row["trust"]["deletion"]["logit"][0] == pytest.approx(whole, abs=1e-4)
    assert packed.read("maps/a gradient.png").startswith(b"\x89PNG")
    arrays = np.load(io.BytesIO(packed.read("maps.npz")))
    assert arrays["a gradient"].dtype == np.float32
    np.testing.assert_array_equal(arrays["a gradient"], cell.values)
    np.testing.assert_array_equal(arrays["a gradient heatmap"], cell.heatmap)
