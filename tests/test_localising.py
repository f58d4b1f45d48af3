"""Localisation from films to stored rates: planted maps judged truly, killed runs gone on with."""

from __future__ import annotations

import json
import time
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from cxr_core import localising, methods
from cxr_core.cli import main
from cxr_core.datasets.index import Index
from cxr_core.errors import DataError
from cxr_core.evaluation.judged_boxes import Draft, Judged, measure, read_boxes, stored_boxes
from cxr_core.evaluation.scoring import prepare_file
from cxr_core.explain.known_paths import KnownPaths
from cxr_core.folders import user_folder
from cxr_core.geometry import Box
from cxr_core.localising import judge_films
from cxr_core.models.classifier import load_classifier

MODEL = "resnet18-128-nih14"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Three films with boxes, one of them no film at all, and a box of what no model knows."""
    root = tmp_path_factory.mktemp("films")
    noise = np.random.default_rng(0)
    for number in range(3):
        cv2.imwrite(str(root / f"{number}.png"), noise.integers(0, 255, (200, 200), dtype=np.uint8))
    (root / "2.png").write_bytes(b"no film")
    mass, other = Box(100, 200, 300, 200, "Mass"), Box(0, 0, 9, 9, "Cough")
    return Index(root, pd.DataFrame({
        "path": ["0.png", "1.png", "2.png"], "image": ["0.png", "1.png", "2.png"], "patient": [1, 2, 3],
        "boxes": [(mass,), (mass, Box(600, 600, 200, 200, "Nodule"), other), (mass,)],
    }))


def test_a_film_is_judged_box_by_box_beside_the_controls(index: Index) -> None:
    unread = []
    judged = [*judge_films(load_classifier(MODEL), index, ("grad_cam", "gradient"), on_film=unread.append)]
    assert [len(one) for one in judged] == [4, 8, 0] and len(unread) == 1 and unread[0].startswith("2.png")
    assert {one.method for one in judged[1]} == {"random", "centre", "grad_cam", "gradient"}
    assert {one.finding for one in judged[1]} == {"Mass", "Nodule"}
    centre = next(one for one in judged[0] if one.method == "centre")
    assert centre.iobb == pytest.approx((400 - 256) * (400 - 256) / 512**2, rel=0.02) and not centre.pointed


def test_a_map_that_is_the_box_hits_it_whole(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    def drawn(classifier, batch, finding, method, **shared) -> np.ndarray:
        values = np.zeros((128, 128), np.float32)
        values[25:50, 12:50] = 1
        return values

    monkeypatch.setattr(localising, "draw_map", drawn)
    (first, *_) = judge_films(load_classifier(MODEL), index, ("ig",))
    one = next(one for one in first if one.method == "ig")
    assert one.iou > 0.75 and one.iobb > 0.8 and one.pointed


def test_a_killed_run_goes_on_and_judges_nothing_twice(index: Index, tmp_path: Path) -> None:
    classifier, file = load_classifier(MODEL), tmp_path / "boxes.parquet"
    draft = Draft(file, MODEL, "abc")
    draft.add(next(judge_films(classifier, index, ("gradient",))))
    with (tmp_path / "boxes.draft.jsonl").open("a") as half:
        half.write('{"image": "1.p')  # killed here
    again = Draft(file, MODEL, "abc")
    assert len(again.done) == 3
    for judged in judge_films(classifier, index, ("gradient",), done=again.done):
        again.add(judged)
    table = again.finish("test", index.table["image"], ("gradient",))
    assert len(table) == 9 and not table.duplicated(["image", "box", "method"]).any()
    kept = read_boxes(file)
    assert (kept.model, kept.digest, kept.films) == (MODEL, "abc", "test") and kept.table.equals(table)
    assert not [*tmp_path.glob("*draft*")]


def test_a_draft_gives_what_is_asked_for_now_alone(index: Index, tmp_path: Path) -> None:
    draft = Draft(tmp_path / "boxes.parquet", MODEL, "abc")
    for judged in judge_films(load_classifier(MODEL), index, ("gradient",)):
        draft.add(judged)
    again = Draft(tmp_path / "boxes.parquet", MODEL, "abc")
    assert set(again.finish("one film", ["1.png"], ())["method"]) == {"random", "centre"}
    assert set(read_boxes(tmp_path / "boxes.parquet").table["image"]) == {"1.png"}


def judge(file: Path, films: Index, method: str) -> pd.DataFrame:
    """As the command does: what the file or its draft holds is not judged again."""
    draft = Draft(file, MODEL, "abc")
    for judged in judge_films(load_classifier(MODEL), films, (method,), done=draft.done):
        draft.add(judged)
    return draft.finish("test", films.table["image"], (method,))


def test_a_method_is_added_to_those_of_the_file(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn, draw = [], localising.draw_map

    def tell(*asked: object, **more: object) -> object:
        drawn.append(asked[3])
        return draw(*asked, **more)

    monkeypatch.setattr(localising, "draw_map", tell)
    before = judge(tmp_path / "boxes.parquet", index, "gradient")
    after = judge(tmp_path / "boxes.parquet", index, "grad_cam")
    assert drawn == ["gradient"] * 3 + ["grad_cam"] * 3
    assert set(after["method"]) == {"random", "centre", "gradient", "grad_cam"} and len(after) == 12
    pd.testing.assert_frame_equal(after[after["method"] != "grad_cam"].reset_index(drop=True), before)
    assert not Draft(tmp_path / "boxes.parquet", MODEL, "other weights").done


def test_a_draft_that_is_gone_on_with_holds_each_row_once(index: Index, tmp_path: Path) -> None:
    judge(tmp_path / "boxes.parquet", index, "gradient")
    for _ in range(3):  # begun, killed, begun again
        Draft(tmp_path / "boxes.parquet", MODEL, "abc")
    assert len((tmp_path / "boxes.draft.jsonl").read_text().splitlines()) == 1 + 9


def test_a_method_of_the_file_that_lacks_a_film_does_not_stay(index: Index, tmp_path: Path) -> None:
    judge(tmp_path / "boxes.parquet", index.take(np.array([0])), "gradient")
    after = judge(tmp_path / "boxes.parquet", index, "grad_cam")
    assert set(after["method"]) == {"random", "centre", "grad_cam"} and len(after) == 9


def test_methods_of_one_path_integrate_it_once(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    """The maps are the same as when each method is asked for alone; the network is asked far less often."""
    classifier, asked = load_classifier(MODEL), []
    law = classifier.gradients
    monkeypatch.setattr(methods, "STEPS", 4)
    monkeypatch.setattr(methods, "SAMPLES", 2)
    monkeypatch.setattr(methods, "SMOOTH_STEPS", 4)
    monkeypatch.setattr(classifier, "gradients", lambda films, of: (asked.append(len(films)), law(films, of))[1])
    batch = prepare_file(index.root / "0.png", classifier.spec)
    names, known = ("ig", "xrai", "smooth_ig", "smooth_ig_squared"), KnownPaths()
    alone = [methods.draw_map(classifier, batch, "Mass", name, steps=4) for name in names]
    apart, asked[:] = len(asked), []
    together = [methods.draw_map(classifier, batch, "Mass", name, steps=4, known=known) for name in names]
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)
    assert len(asked) * 2 == apart
    other = methods.draw_map(classifier, batch, "Nodule", "ig", steps=4, known=known)
    assert not np.array_equal(other, together[0])


def test_a_run_that_is_stopped_ends_at_the_next_step(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = []

    def drawn(classifier, batch, finding, method, *, on_step, known) -> np.ndarray:
        for step in range(2000):
            steps.append(step)
            on_step(step, 2000)
            time.sleep(0.005)
        raise AssertionError("nobody stopped it")

    monkeypatch.setattr(localising, "draw_map", drawn)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(localising.Future, "result", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            next(judge_films(load_classifier(MODEL), index, ("ig",)))
    assert len(steps) < 2000


def _interrupt(future: object) -> None:
    time.sleep(0.2)
    raise KeyboardInterrupt


@pytest.mark.parametrize(("changes", "why"), [
    ({"iobb": [1.5]}, "overlap"), ({"iou": [float("nan")]}, "overlap"), ({"iobb": ["wide"]}, "overlap"),
    ({"finding": None}, "lack the columns finding"),
])
def test_strange_files_are_refused_in_words(changes: dict, why: str, tmp_path: Path) -> None:
    row = {"image": ["a"], "patient": ["1"], "box": [0], "finding": ["Mass"], "method": ["ig"], "iobb": [0.5],
           "iou": [0.5], "pointed": [True]}
    table = pd.DataFrame({key: value for key, value in (row | changes).items() if value is not None})
    table.to_parquet(tmp_path / "boxes.parquet")
    with pytest.raises(DataError, match=why):
        read_boxes(tmp_path / "boxes.parquet")
    (tmp_path / "none.parquet").write_bytes(b"none")
    with pytest.raises(DataError, match="no Parquet"):
        read_boxes(tmp_path / "none.parquet")


def test_boxes_of_the_weights_that_are_here_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXR_HOME", str(tmp_path / "home"))
    judged = {"image": "a", "patient": "1", "box": 0, "finding": "Mass", "method": "random", "iobb": 0.5, "iou": 0.5,
              "pointed": True}
    own, shipped = user_folder("boxes") / f"{MODEL}.parquet", tmp_path / "weights" / MODEL / "boxes.parquet"
    assert stored_boxes(MODEL, tmp_path / "weights") is None
    for file, digest in ((own, "old"), (shipped, "new")):
        draft = Draft(file, MODEL, digest)
        draft.add([Judged(**judged)])
        draft.finish("test", ["a"], ())
    found = [stored_boxes(MODEL, tmp_path / "weights", digest) for digest in ("new", "old", "third")]
    assert found == [shipped, own, own]


def test_the_draft_of_other_weights_is_not_gone_on_with(index: Index, tmp_path: Path) -> None:
    Draft(tmp_path / "boxes.parquet", MODEL, "abc").add(next(judge_films(load_classifier(MODEL), index, ("gradient",))))
    assert not Draft(tmp_path / "boxes.parquet", MODEL, "other").done


def test_nothing_to_judge_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing to judge"):
        Draft(tmp_path / "boxes.parquet", MODEL, "abc").finish("test", [], ())


def test_rates_are_by_method_and_finding() -> None:
    told = measure(pd.DataFrame({
        "image": ["a", "b", "a", "b"], "patient": ["1", "2", "1", "2"], "box": 0, "finding": ["Mass", "Nodule"] * 2,
        "method": ["ig", "ig", "random", "random"], "iobb": [0.9, 0.2, 0.0, 0.0], "iou": [0.6, 0.2, 0.0, 0.0],
        "pointed": [True, False, False, True],
    }))
    assert [rate.value for rate in told.rates("ig")] == [1, 0.5, 0.5, 1, 0.5, 0.5, 0.5]
    assert [rate.value for rate in told.rates("random", "Mass")] == [0] * 7


@pytest.mark.realdata
def test_the_command_judges_the_downloaded_films(data_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from cxr_core.models.weights import weights_folder

    films = ["--data", str(data_folder / "nih_download"), "--split", "all"]
    assert main(["evaluate-boxes", MODEL, *films, "--method", "gradient", "--limit", "5", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["films"] == 5 and "5 of its 20 films with boxes" in told["films_of"]
    assert set(told["methods"]) == {"random", "centre", "gradient"}
    assert 0 <= told["methods"]["gradient"]["iobb_0.1"]["value"] <= 1
    file = stored_boxes(MODEL, weights_folder())
    assert file is not None and len(pd.read_parquet(file)) == 3 * told["boxes"]
