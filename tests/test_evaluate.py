"""`evaluate`: any data set's films, the page's scores, and one bad film among good ones."""

from __future__ import annotations

import shlex
import subprocess
import sys
import tracemalloc
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pandas as pd
import pytest

from cxr_core.cli import main
from cxr_core.datasets.parts import choose_films, labelled_findings
from cxr_core.datasets.sources import read_folder
from cxr_core.errors import DataError, ResultsError
from cxr_core.evaluation.results import read_results
from cxr_core.evaluation.scoring import score_index
from cxr_core.evaluation.store import results_folder
from cxr_core.findings import NIH15
from cxr_core.imaging.phantom import make_phantom
from cxr_core.reading import read_film

MODEL = "resnet18-128-nih14"
HEADER = (
    "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
    "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]\n"
)
COUNT = 7


@pytest.fixture
def films(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """NIH as downloaded, in small: 7 films, the last 5 of them NIH's test; results go to a home of their own."""
    monkeypatch.setenv("CXR_HOME", str(tmp_path / "home"))
    folder = tmp_path / "nih films"
    (folder / "images_001" / "images").mkdir(parents=True)
    phantom = cv2.imdecode(np.frombuffer(make_phantom(size=256), np.uint8), cv2.IMREAD_GRAYSCALE)
    names = [f"{number + 1:08}_000.png" for number in range(COUNT)]
    for number, name in enumerate(names):
        film = np.clip(phantom.astype(float) + np.random.default_rng(number).normal(0, 30, phantom.shape), 0, 255)
        cv2.imwrite(str(folder / "images_001" / "images" / name), film.astype(np.uint8))
    rows = [
        f"{name},{'Mass' if n % 2 else 'No Finding'},0,{n + 1},{40 + n},M,PA,256,256,0.143,0.143\n"
        for n, name in enumerate(names)
    ]
    (folder / "Data_Entry_2017.csv").write_text(HEADER + "".join(rows))
    (folder / "train_val_list.txt").write_text("\n".join(names[:2]))
    (folder / "test_list.txt").write_text("\n".join(names[2:]))
    return folder


def test_the_official_films_are_scored_as_the_page_scores_them(
    films: Path, tiny_weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", MODEL, "--data", str(films), "--split", "official"]) == 0
    file = Path(capsys.readouterr().out.splitlines()[0])
    assert file.parent == results_folder() and file.stem == f"{MODEL}.nih-films.official"
    told = read_results(file)
    assert told.subsets == ("official",) and len(told) == 5 and "No Finding" not in told.findings
    for row, path in enumerate(told.films["path"]):
        reading = read_film((films / path).read_bytes(), MODEL, score_anyway=True)
        assert [np.float32(score.raw) for score in reading.scores] == list(told.raw[row].astype(np.float32))
        assert [np.float32(score.probability) for score in reading.scores] == list(
            told.probability[row].astype(np.float32)
        )
    assert list(told.labels[:, told.column("Mass")]) == [0, 1, 0, 1, 0]
    made = told.provenance
    assert (made.kind, made.model, made.label_version, made.unread) == ("evaluated", MODEL, "Data_Entry_2017", 0)
    assert len(made.digest) == len(made.split_digest) == 64 and made.split == "NIH's official test list"
    assert str(films.parent) not in made.command


def test_an_unreadable_film_is_named_and_the_others_are_scored(films: Path, tiny_weights: Path, tmp_path: Path) -> None:
    broken = films / "images_001" / "images" / "00000004_000.png"
    broken.write_bytes(broken.read_bytes()[:300])
    out = tmp_path / "there" / "x.parquet"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "cxr_core",
            "evaluate",
            MODEL,
            "--data",
            str(films),
            "--split",
            "all",
            "--out",
            str(out),
        ],
        cwd=Path(__file__).resolve().parents[1],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 1, done.stderr
    assert "00000004_000.png: The PNG ends before its last part" in done.stderr and "1 of 7 films" in done.stderr
    told = read_results(out)
    assert len(told) == 6 and "00000004_000.png" not in set(told.films["image"]) and told.provenance.unread == 1


def test_only_unreadable_films_are_an_error_and_no_file(
    films: Path, tiny_weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for film in films.rglob("*.png"):
        film.write_bytes(b"")
    assert main(["evaluate", MODEL, "--data", str(films), "--split", "all", "--out", str(tmp_path / "x.parquet")]) == 2
    assert "None of the 7 films could be read" in capsys.readouterr().err and not (tmp_path / "x.parquet").exists()


def test_results_are_not_overwritten_unasked(
    films: Path, tiny_weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "x.parquet"
    out.write_text("precious")
    command = ["evaluate", MODEL, "--data", str(films), "--split", "all", "--out", str(out)]
    assert main(command) == 2 and out.read_text() == "precious"
    assert "--force" in capsys.readouterr().err
    assert main([*command, "--force"]) == 0 and len(read_results(out)) == COUNT


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--split", "test_wide"], "It has all (7), official (5), train_val (2)"),
        (["--split", "all", "--name", "../x"], "cannot be the name"),
        (["--split", "all", "--table", "none.csv"], "no file"),
    ],
)
def test_what_cannot_be_done_is_said(
    arguments: list[str], said: str, films: Path, tiny_weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", MODEL, "--data", str(films), *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_folder_and_a_table_of_one_s_own_are_scored(
    films: Path, tiny_weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"{number + 1:08}_000" for number in range(COUNT)]
    table = tmp_path / "mine.csv"
    table.write_text(
        "file;Mass;pleural-thickening;group\n"
        + "".join(f"{name};{n % 2};{n % 3 // 2};x\n" for n, name in enumerate(names))
    )
    out = tmp_path / "x.parquet"
    assert (
        main(["evaluate", MODEL, "--data", str(films), "--table", str(table), "--split", "all", "--out", str(out)]) == 0
    )
    told = read_results(out)
    assert told.findings == ("Mass", "Pleural_Thickening") and told.label_version == "mine.csv"
    assert list(told.labels[:, 1]) == [0, 0, 1, 0, 0, 1, 0]
    assert told.films["patient"].nunique() == COUNT and "no patient" in capsys.readouterr().err


def test_films_whose_labels_say_nothing_of_the_model_s_findings_are_scored_into_a_file_alone(
    films: Path, tiny_weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Among the stored results they would be broken ones: there is nothing to list, show or compare."""
    table, out = tmp_path / "mine.csv", tmp_path / "x.parquet"
    table.write_text("file;COVID-19\n" + "".join(f"{n + 1:08}_000;{n % 2}\n" for n in range(COUNT)))
    command = ["evaluate", MODEL, "--data", str(films), "--table", str(table), "--split", "all"]
    assert main(command) == 2 and "--out FILE for the scores alone" in capsys.readouterr().err
    assert not list((tmp_path / "home").rglob("*.parquet"))
    assert main([*command, "--out", str(out)]) == 0 and "scores are stored" in capsys.readouterr().err
    with pytest.raises(ResultsError, match="labels of none of them.*--table"):
        read_results(out)


def test_a_table_does_not_reach_out_of_its_folder(films: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(make_phantom(size=64))
    table = tmp_path / "mine.csv"
    table.write_text("path,Mass\n../secret.png,1\nimages_001/images/00000001_000.png,0\n")
    assert list(read_folder(films, table=table).index.table["path"]) == ["images_001/images/00000001_000.png"]


def test_val_of_nih_as_downloaded_is_its_patients_set_aside(films: Path) -> None:
    source = read_folder(films)
    known = {name: set(choose_films(source, (name,)).index.table["image"]) for name in ("train_val", "official")}
    parts = set()
    for name in ("train", "val"):
        try:
            parts |= set(choose_films(source, (name,)).index.table["image"])
        except DataError:
            continue  # two patients may all be train's
    assert parts == known["train_val"] and not parts & known["official"]
    assert labelled_findings(source) == NIH15


def test_memory_does_not_grow_with_the_films(films: Path, tiny_weights: Path) -> None:
    """Python's own peak over 160 films is hardly more than over 32: the batches before are let go."""
    from cxr_core.models.classifier import load_classifier

    classifier, index = load_classifier(MODEL), read_folder(films).index

    def peak(count: int) -> int:
        many = index.take(np.arange(count) % len(index))
        tracemalloc.start()
        for scored in score_index(many, classifier, batch=16):
            assert len(scored.results) == 16
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(16)
    kept = 128 * 128 * 128 * 4  # bytes, if the 128 films more stayed as the network sees them
    assert peak(160) - peak(32) < kept / 2


@pytest.mark.realdata
def test_a_shipped_model_scores_the_small_set_as_it_was_shipped(
    data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """24 of the test films, copied into a set of their own: the stored scores are found again."""
    from cxr_core.models.weights import weights_folder

    shipped = read_results(weights_folder() / MODEL / "results.parquet", MODEL)
    table = pd.read_csv(data_folder / "nih" / "images.csv")
    some = table[table["image_index"].isin(shipped.films["image"][shipped.films["subset"] == "test"][::60])]
    for path in some["path"]:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes((data_folder / "nih" / path).read_bytes())
    some.to_csv(tmp_path / "images.csv", index=False)
    out = tmp_path / "x.parquet"
    assert main(["evaluate", MODEL, "--data", str(tmp_path), "--split", "official", "--out", str(out)]) == 0
    told = read_results(out)
    _, mine, theirs = np.intersect1d(told.films["image"], shipped.films["image"], return_indices=True)
    assert len(mine) == len(told) == len(some) >= 20
    np.testing.assert_allclose(told.raw[mine], shipped.raw[theirs], atol=2e-3)
    np.testing.assert_array_equal(told.labels[mine], shipped.labels[theirs])
    assert told.provenance.overlap == 0


def test_a_selection_of_films_alone_is_scored(films: Path, tiny_weights: Path, tmp_path: Path) -> None:
    chosen = tmp_path / "mass.csv"
    chosen.write_text("image\n00000004_000.png\n00000006_000.png\n00000001_000.png\n")  # the last is no test film
    assert main(["evaluate", MODEL, "--data", str(films), "--split", "official", "--only", str(chosen)]) == 0
    stored = read_results(results_folder() / f"{MODEL}.nih-films.official-mass.parquet")
    assert stored.films["image"].tolist() == ["00000004_000.png", "00000006_000.png"]
    assert "the films of mass.csv" in stored.provenance.split


def test_a_film_whose_score_is_no_number_is_left_out_and_named(films: Path, tiny_weights: Path) -> None:
    from cxr_core.models.classifier import load_classifier

    classifier, index = load_classifier(MODEL), read_folder(films).index
    sound, place = classifier._network.outputs, iter(range(COUNT))
    outputs = lambda *given: sound(*given) * (np.nan if next(place) == 2 else 1)  # noqa: E731
    classifier._network = SimpleNamespace(outputs=outputs)
    (scored,) = score_index(index, classifier)
    assert len(scored.results) == COUNT - 1 and np.isfinite(scored.results.raw).all()
    (left_out,) = scored.unread
    assert left_out.path == index.table["path"].iloc[2] and "nan" in left_out.reason
    assert left_out.path not in set(scored.results.films["path"])


def test_only_scores_that_are_no_numbers_leave_no_file(
    films: Path, tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from cxr_core.models import classifier as room

    def broken(*given: object, **named: object) -> object:
        loaded = load(*given, **named)
        loaded._model.get_layer("logits").weights[1].assign(np.full(14, np.nan))
        return loaded

    load = room.load_classifier
    monkeypatch.setattr(room, "load_classifier", broken)
    out = tmp_path / "x.parquet"
    assert main(["evaluate", MODEL, "--data", str(films), "--split", "all", "--out", str(out)]) == 2
    assert "is no score" in capsys.readouterr().err and not out.exists()


def test_the_stored_command_scores_the_same_films_again(
    films: Path, tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the table and the selection that were named, in a folder of any name: run as it stands it gives the same."""
    table = tmp_path / "of mine.csv"
    table.write_text((films / "Data_Entry_2017.csv").read_text())
    (tmp_path / "some.csv").write_text("image\n00000004_000.png\n00000006_000.png\n")
    asked = ["--table", str(table), "--only", str(tmp_path / "some.csv"), "--min-source", "64", "--split", "all"]
    first, again = tmp_path / "first.parquet", tmp_path / "again.parquet"
    assert main(["evaluate", MODEL, "--data", str(films), *asked, "--out", str(first)]) == 0
    told = read_results(first)
    monkeypatch.chdir(tmp_path)
    command = shlex.split(told.provenance.command)
    assert command[:3] == ["python", "-m", "cxr_core"] and str(tmp_path) not in told.provenance.command
    assert main([*command[3:], "--out", str(again)]) == 0
    assert read_results(again).provenance.command == told.provenance.command
    np.testing.assert_array_equal(read_results(again).raw, told.raw)
    assert len(told) == 2


@pytest.mark.parametrize("called", ["coronahack", "as I unpacked it"])
def test_patients_learnt_from_are_found_however_the_folder_is_called(
    classes_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, called: str
) -> None:
    """Two of three children of a CoronaHack folder stand in the model's training films."""
    from cxr_core.training import patients

    folder = tmp_path / called
    (folder / "train").mkdir(parents=True)
    rows = ["X_ray_image_name,Label,Dataset_type,Label_2_Virus_category"]
    for number, label in enumerate(("Normal", "Pnemonia", "Normal")):
        (folder / "train" / f"person{number}_a.png").write_bytes(make_phantom(size=200 + number))
        rows.append(f"person{number}_a.png,{label},TRAIN,")
    (folder / "Chest_xray_Corona_Metadata.csv").write_text("\n".join(rows))
    learnt = frozenset({"coronahack:person0", "coronahack:person2", "covid:person1", "1"})
    monkeypatch.setattr(patients, "training_patients", lambda card: learnt)
    out = tmp_path / "x.parquet"
    assert main(["evaluate", "tiny-16-covid3", "--data", str(folder), "--split", "all", "--out", str(out)]) == 0
    told = read_results(out)
    assert told.provenance.overlap == 2
    assert told.findings == ("Normal", "Pneumonia", "COVID-19")  # of which a film has exactly one, so all are known


def test_the_history_is_that_of_the_table_that_was_named(films: Path, tmp_path: Path) -> None:
    """The label file lies beside the films' folder: the earlier film of patient 1 bore a Mass."""
    from cxr_core.cli.evaluate import _with_history

    rows = (films / "Data_Entry_2017.csv").read_text().splitlines()
    (films / "Data_Entry_2017.csv").unlink()
    table = tmp_path / "Data_Entry_2017.csv"
    earlier, later = "00000001_001.png,Mass,0,1,39,M,PA,256,256,0.143,0.143", rows[1].replace(",0,1,", ",1,1,")
    table.write_text("\n".join([rows[0], earlier, later, *rows[2:]]) + "\n")
    source = read_folder(films, table=table)
    told = _with_history(source.index, source, table).table.set_index("image")
    assert told.loc["00000001_000.png", "history"] == "Mass" and told.loc["00000001_000.png", "earlier"] == 1
    assert told.loc["00000002_000.png", "history"] == ""
