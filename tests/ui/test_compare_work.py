"""What the Compare page makes in the background: each map once, whatever it was asked for as."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cxr_core.imaging.phantom import make_phantom
from cxr_core.imaging.read import read_radiograph
from cxr_core.models.classifier import load_classifier
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
