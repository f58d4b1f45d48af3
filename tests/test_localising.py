"""Localisation from films to stored rates: planted maps judged truly, killed runs gone on with."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from cxr_core import localising
from cxr_core.cli import main
from cxr_core.datasets.index import Index
from cxr_core.errors import DataError
from cxr_core.geometry import Box
from cxr_core.localising import Draft, judge_films, rates, stored_boxes
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
    def drawn(classifier, batch, finding, method) -> np.ndarray:
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
    table = again.finish()
    assert len(table) == 9 and not table.duplicated(["image", "box", "method"]).any()
    assert pd.read_parquet(file).equals(table) and not (tmp_path / "boxes.draft.jsonl").exists()


def test_the_draft_of_other_weights_is_not_gone_on_with(index: Index, tmp_path: Path) -> None:
    Draft(tmp_path / "boxes.parquet", MODEL, "abc").add(next(judge_films(load_classifier(MODEL), index, ("gradient",))))
    assert not Draft(tmp_path / "boxes.parquet", MODEL, "other").done


def test_nothing_to_judge_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing to judge"):
        Draft(tmp_path / "boxes.parquet", MODEL, "abc").finish()


def test_rates_are_by_method_and_finding() -> None:
    table = pd.DataFrame({
        "image": ["a", "b", "a", "b"], "patient": ["1", "2", "1", "2"], "box": 0, "finding": ["Mass", "Nodule"] * 2,
        "method": ["ig", "ig", "random", "random"], "iobb": [0.9, 0.2, 0.0, 0.0], "iou": [0.6, 0.2, 0.0, 0.0],
        "pointed": [True, False, False, True],
    })
    assert [rate.value for rate in rates(table)["ig"]] == [1, 0.5, 0.5, 1, 0.5, 0.5, 0.5]
    assert [rate.value for rate in rates(table, finding="Mass")["random"]] == [0] * 7


@pytest.mark.realdata
def test_the_command_judges_the_downloaded_films(data_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from cxr_core.models.weights import weights_folder

    films = ["--data", str(data_folder / "nih_download"), "--split", "all"]
    assert main(["evaluate-boxes", MODEL, *films, "--method", "gradient", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["films"] == 20 and set(told["methods"]) == {"random", "centre", "gradient"}
    assert 0 <= told["methods"]["gradient"]["iobb_0.1"]["value"] <= 1
    file = stored_boxes(MODEL, weights_folder())
    assert file is not None and len(pd.read_parquet(file)) == 3 * told["boxes"]
