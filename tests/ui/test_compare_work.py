"""What the Compare page makes in the background: each map once, whatever it was asked for as."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny_training as tiny

from cxr_core.explain.known_paths import KnownPaths
from cxr_core.imaging.phantom import make_phantom
from cxr_core.imaging.read import read_radiograph
from cxr_core.methods import SAMPLES, SMOOTH_STEPS, STEPS
from cxr_core.models.classifier import Classifier, load_classifier
from cxr_core.models.clinical import ClinicalInputs
from cxr_core.ui.compare_work import CellKey, Drawn, Readings, stages_of

MODEL = "resnet18-128-nih14"


def test_a_model_that_nobody_waits_for_any_more_is_not_loaded() -> None:
    class Left(Exception):
        pass

    def left(done: int, most: int) -> None:
        raise Left

    def load(model_id: str) -> None:
        raise AssertionError("loaded all the same")

    film = read_radiograph(make_phantom(256))
    with pytest.raises(Left):
        next(stages_of(CellKey(film.sha256, MODEL, "", None, False, None, "gradient"), film, {}, {}, load)(left))


def test_a_models_own_first_and_the_same_finding_by_its_name_are_drawn_once(tiny_weights: Path) -> None:
    classifier, film = load_classifier(MODEL), read_radiograph(make_phantom(256))
    known: Readings = {}
    drawn: Drawn = {}
    own = CellKey(film.sha256, MODEL, "0" * 64, None, False, None, "gradient")

    def draw(key: CellKey) -> list:
        return list(stages_of(key, film, known, drawn, lambda _: classifier)(lambda done, most: None))

    (first,) = draw(own)
    (named,) = draw(replace(own, finding=first.score.finding))
    assert named is first
    other = next(one for one in classifier.spec.findings if one != first.score.finding)
    assert draw(replace(own, finding=other))[0] is not first
    (back,) = draw(replace(own, finding=other))
    assert back.score.finding == other and len(drawn) == 2


def test_no_gradient_is_taken_twice_for_another_method_or_baseline(
    tiny_models: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path))
    tiny.write_clinical_weights(tmp_path)
    asked: list[int] = []
    law = Classifier.gradients
    monkeypatch.setattr(Classifier, "gradients", lambda self, films, *which, **how: (
        asked.append(len(films)), law(self, films, *which, **how))[1])
    classifier, film, paths = load_classifier(tiny.CLINICAL.id), read_radiograph(make_phantom(256)), KnownPaths()
    digest = classifier.card.weights.sha256
    key = CellKey(film.sha256, tiny.CLINICAL.id, digest, ClinicalInputs(), False, "Mass", "ig")

    def cost(method: str, known: KnownPaths, **how: object) -> int:
        """Films whose gradient is taken for a map; what is `known` never changes the map."""
        asked.clear()
        stages = stages_of(replace(key, method=method, **how), film, {}, {}, lambda _: classifier, known)
        *_, last = stages(lambda done, most: None)
        taken = sum(asked)
        *_, alone = stages_of(replace(key, method=method, **how), film, {}, {}, lambda _: classifier)(lambda *_: None)
        np.testing.assert_array_equal(last.values, alone.values)
        assert (last.receipt.steps, last.receipt.baseline) == (alone.receipt.steps, alone.receipt.baseline)
        return taken

    smooth = SAMPLES * SMOOTH_STEPS
    assert cost("smooth_ig", paths) == smooth and cost("smooth_ig_squared", paths) == 0
    assert cost("smooth_ig", paths, baseline="all") == 3 * smooth
    assert cost("xrai", paths) == STEPS
    walked = cost("ig", KnownPaths())
    assert cost("ig", paths) == max(walked - STEPS, 0)
    assert cost("xrai", paths, baseline="all") == 3 * STEPS
    assert cost("xrai", paths, told=ClinicalInputs(age=90, history=("Mass",))) == STEPS  # another network, so to speak
    assert cost("xrai", paths, finding="Effusion") == STEPS


def test_the_longest_unasked_path_goes_when_memory_is_full() -> None:
    film = np.zeros((4, 4, 1), np.float32)
    paths = KnownPaths(most=200)  # a map of 4 x 4 has 64 bytes
    for network in ("first", "second", "third", "first", "fourth"):
        (path,) = paths.find(network, film, "black")
        path.nodes[0.5] = np.ones((1, 4, 4), np.float32)
    assert paths.nbytes <= 200 + 64
    assert paths.find("first", film, "black")[0].nodes and not paths.find("second", film, "black")[0].nodes
