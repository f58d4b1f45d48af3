"""The command line: rows, objects, exit states, and scores equal to the page's."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from cxr_core.cli import main
from cxr_core.cli.output import whole_file, write_whole
from cxr_core.errors import ExportError
from cxr_core.findings import NIH14
from cxr_core.imaging.phantom import make_phantom
from cxr_core.imaging.read import load_bytes
from cxr_core.reading import read_film

MODEL = "resnet18-128-nih14"


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """A folder with a film, a picture that is no film, bytes that are neither, and a hidden file."""
    folder = tmp_path / "films"
    (folder / "deeper").mkdir(parents=True)
    (folder / "a.png").write_bytes(make_phantom(size=512))
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    (folder / "b.png").write_bytes(cv2.imencode(".png", noise)[1].tobytes())
    (folder / "deeper" / "c.dcm").write_bytes(b"no film at all")
    (folder / ".hidden").write_bytes(b"not looked at")
    return folder


def test_predict_gives_a_row_per_file(
    films: Path, tmp_path: Path, tiny_weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "scores.csv"
    assert main(["predict", str(films), "--model", MODEL, "--csv", str(out)]) == 1
    assert capsys.readouterr().out == ""
    rows = list(csv.DictReader(io.StringIO(out.read_text())))
    assert list(rows[0]) == ["file", "status", "reason", "model", *NIH14]
    assert [Path(row["file"]).name for row in rows] == ["a.png", "b.png", "c.dcm"]
    assert rows[0]["status"] in ("accepted", "warned")
    assert len({rows[0][finding] for finding in NIH14}) == len(NIH14)
    assert [row["status"] for row in rows[1:]] == ["refused", "error"]
    assert all(row["reason"] for row in rows[1:])
    assert all(row[finding] == "" for row in rows[1:] for finding in NIH14)


def test_a_film_whose_score_is_no_number_is_an_error_row(
    films: Path, tmp_path: Path, tiny_weights: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from cxr_core.models.card import load_card, write_card
    from cxr_core.models.networks import build
    from cxr_core.models.registry import find_spec
    from cxr_core.models.weights import FILE, load_weights, save_weights

    spec, card, folder = find_spec(MODEL), load_card(tiny_weights / MODEL), tmp_path / "weights" / MODEL
    model = build(spec)
    load_weights(model, tiny_weights / MODEL, card)
    model.get_layer("logits").weights[1].assign(np.full(14, np.nan))
    folder.mkdir(parents=True)
    write_card(folder, replace(card, weights=replace(card.weights, sha256=save_weights(model, folder / FILE))))
    monkeypatch.setenv("CXR_WEIGHTS", str(folder.parent))
    out = tmp_path / "scores.csv"
    assert main(["predict", str(films), "--model", MODEL, "--csv", str(out)]) == 1
    rows = list(csv.DictReader(io.StringIO(out.read_text())))
    assert [row["status"] for row in rows] == ["error", "refused", "error"] and "is no score" in rows[0]["reason"]
    assert all(row[finding] == "" for row in rows for finding in NIH14)
    assert main(["explain", str(films / "a.png"), "--model", MODEL]) == 2
    assert "gave nan for Atelectasis" in capsys.readouterr().err


def test_explain_begins_with_the_finding_that_the_page_begins_with(
    films: Path, tmp_path: Path, tiny_weights: Path, tiny_models: None, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """No Finding is the likeliest, and is none."""
    import tiny_training as tiny
    from cxr_core.models.card import load_card, write_card
    from cxr_core.models.registry import MODELS
    from cxr_core.models.weights import FILE, save_weights
    from cxr_core.reading import first_finding

    spec, card = replace(tiny.SPEC, findings=("Mass", "No Finding")), load_card(tiny_weights / MODEL)
    monkeypatch.setitem(MODELS, spec.id, spec)
    folder = tmp_path / "weights" / spec.id
    folder.mkdir(parents=True)
    model = tiny.build(spec)
    model.get_layer("logits").weights[1].assign([0.0, 9.0])
    write_card(folder, replace(
        card, weights=replace(card.weights, sha256=save_weights(model, folder / FILE)),
        findings=tuple(replace(card.findings[0], key=key) for key in spec.findings),
    ))
    monkeypatch.setenv("CXR_WEIGHTS", str(folder.parent))
    reading = read_film((films / "a.png").read_bytes(), spec.id)
    assert reading.score("No Finding").probability > reading.score("Mass").probability
    assert main(["explain", str(films / "a.png"), "--model", spec.id, "--steps", "4", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["finding"] == first_finding(reading) == "Mass"


def test_predict_scores_as_the_reading_does(
    films: Path, tiny_weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = films / "a.png"
    assert main(["predict", str(film), "--model", MODEL, "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    reading = read_film(film.read_bytes(), MODEL)
    assert {name: row[name] for name in NIH14} == {score.finding: score.probability for score in reading.scores}
    assert row["operating_points"] == {score.finding: score.operating_point for score in reading.scores}


def test_a_refused_film_is_scored_and_marked_when_asked(
    films: Path, tiny_weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", str(films / "b.png"), "--model", MODEL, "--json", "--score-anyway"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["status"] == "refused" and row["scored_anyway"] and row["Effusion"] is not None
    assert "scored anyway" in row["reason"]


@pytest.mark.parametrize("name", ["gone.png", "gone.tfrec"])
def test_a_file_that_is_not_there_is_an_error_row(
    name: str, tmp_path: Path, tiny_weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", str(tmp_path / name), "--model", MODEL, "--json"]) == 1
    (row,) = json.loads(capsys.readouterr().out)
    assert row["status"] == "error" and row["Effusion"] is None and "could not be opened" in row["reason"]


def test_a_link_in_a_folder_that_leads_nowhere_is_an_error_row(
    films: Path, tiny_weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a git-annex set has it whose films were not fetched."""
    for name, target in (("lost.png", "gone"), ("lost-0.tfrec", "gone"), ("round.png", "round.png")):
        (films / "deeper" / name).symlink_to(films / "deeper" / target)
    assert main(["predict", str(films / "deeper"), "--model", MODEL, "--json"]) == 1
    rows = {Path(row["file"]).name: row["status"] for row in json.loads(capsys.readouterr().out)}
    assert rows == dict.fromkeys(["c.dcm", "lost-0.tfrec", "lost.png", "round.png"], "error")


def test_explain_prints_one_object_and_writes_the_film(
    films: Path, tmp_path: Path, tiny_weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "map.png"
    arguments = ["explain", str(films / "a.png"), "--model", MODEL, "--finding", "Mass", "--out", str(out), "--json"]
    assert main([*arguments, "--steps", "8"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["finding"] == "Mass" and 0 <= told["probability"] <= 1
    assert told["receipt"]["steps"] == 8
    assert all(set(box) == {"x", "y", "w", "h", "share"} for box in told["boxes"])
    drawn = cv2.imdecode(np.frombuffer(out.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    assert drawn.shape[1:] == (512, 3) and 512 < drawn.shape[0] < 640  # the film, and under it what it is


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["explain", "a.png", "--model", MODEL, "--finding", "Measles"], 2, "Measles"),
        (["explain", "b.png", "--model", MODEL], 1, "refused"),
        (["explain", "gone.png", "--model", MODEL], 1, "could not be opened"),
        (["predict", "a.png", "--model", "no-such-model"], 2, "no-such-model"),
        (["predict", "a.png", "--model", MODEL, "--csv", "no/such/folder/x.csv"], 2, "Could not write"),
        (["train", "no-such-recipe"], 2, "no-such-recipe"),
        (["predict"], 2, "Missing argument"),
    ],
)
def test_a_problem_is_said_on_stderr(
    arguments: list[str], status: int, said: str, films: Path, tiny_weights: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(films)
    assert main(arguments) == status
    captured = capsys.readouterr()
    assert said in captured.err and captured.out == ""


def test_models_are_listed_with_and_without_weights(
    tiny_weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "--json"]) == 0
    by_id = {one["id"]: one for one in json.loads(capsys.readouterr().out)}
    assert by_id[MODEL]["trained"] and len(by_id[MODEL]["digest"]) == 64
    assert by_id[MODEL]["findings"] == list(NIH14) and by_id[MODEL]["input"] == [128, 128, 1]
    assert not by_id["inceptionv3-299-nih15"]["trained"]
    assert main(["models"]) == 0
    assert "not trained yet" in capsys.readouterr().out


def test_without_any_weights_predict_says_how_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path))
    assert main(["predict", "a.png"]) == 2
    assert "train" in capsys.readouterr().err


def test_a_process_of_its_own_prints_json_alone_and_this_ones_scores_to_the_last_bit(
    films: Path, tiny_weights: Path
) -> None:
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run(
        [sys.executable, "-m", "cxr_core", "predict", str(films / "a.png"), "--model", MODEL, "--json"],
        cwd=root, capture_output=True, text=True, timeout=300,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)[0]
    assert told["model"] == MODEL
    here = {score.finding: score.probability for score in read_film(load_bytes(films / "a.png"), MODEL).scores}
    assert {finding: told[finding] for finding in here} == here and set(here) == set(NIH14)


def test_a_full_disk_leaves_the_old_file_and_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "scores.csv"
    out.write_text("old")

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("cxr_core.cli.output.os.fsync", full)
    with pytest.raises(ExportError, match="No space left"):
        write_whole(out, b"new")
    assert out.read_text() == "old" and list(tmp_path.iterdir()) == [out]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk here is always full")
def test_a_disk_that_fills_while_a_file_is_written_names_that_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = (os.open("/dev/full", os.O_WRONLY), str(tmp_path / "draft"))
    monkeypatch.setattr("cxr_core.cli.output.tempfile.mkstemp", lambda **_: full)
    with pytest.raises(ExportError, match="Could not write .*scores.csv: No space left"):
        write_whole(tmp_path / "scores.csv", b"new")


def test_what_breaks_beside_a_file_is_not_said_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(BrokenPipeError), whole_file(tmp_path / "scores.csv") as handle:
        handle.write(b"new")
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")  # of stdout, say
    assert not list(tmp_path.iterdir())


def test_a_broken_card_is_named_and_hides_no_other_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / MODEL
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"")
    (folder / "card.toml").write_text("no card [")
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path))
    assert main(["models", "--json"]) == 0
    by_id = {one["id"]: one for one in json.loads(capsys.readouterr().out)}
    assert "card" in by_id[MODEL]["problem"] and len(by_id) > 1
