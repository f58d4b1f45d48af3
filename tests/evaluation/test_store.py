"""Results on disk: what is written is read again, whole or not at all, under safe names."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings, strategies as st

from cxr_core.errors import CxrError, ResultsError
from cxr_core.evaluation.provenance import KEY, Provenance
from cxr_core.evaluation.results import ABOUT, Results, read_results
from cxr_core.evaluation.store import file_of, find_stored, list_stored, results_folder
from cxr_core.evaluation.summary import names_of, summarise
from cxr_core.evaluation.writer import ResultsWriter, write_results

NEAR = 2e-5  # of an AUC: what is stored in single precision may tie films that a card of before told apart
MADE = Provenance(
    "evaluated",
    "some-model",
    "ab" * 32,
    "films",
    "test",
    "",
    "Data_Entry_2017",
    3,
    1,
    "a command",
    {"numpy": "2"},
    "2026-01-01T00:00:00Z",
)


def results(count: int = 6, start: int = 0, provenance: Provenance | None = MADE) -> Results:
    rng = np.random.default_rng(start)
    films = pd.DataFrame(
        {
            "subset": "test",
            "image": [f"{n:04}.png" for n in range(start, start + count)],
            "path": "below/x.png",
            "patient": "7",
            "age": [float("nan"), *rng.uniform(0, 90, count - 1)],
            "sex": "F",
            "view": "PA",
            "slice": "",
            "source_width": 1024.0,
        }
    )
    scores = rng.random((count, 2)).astype(np.float32)
    return Results(
        "mine",
        ("Mass", "Effusion"),
        "Data_Entry_2017",
        films,
        rng.integers(0, 2, (count, 2)).astype(float),
        scores,
        scores / 2,
        provenance,
    )


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CXR_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    written = results()
    provenance = write_results(tmp_path / "mine.parquet", written)
    told = read_results(tmp_path / "mine.parquet")
    assert told.provenance == provenance and len(provenance.split_digest) == 64
    assert (told.model_id, told.findings, told.label_version) == ("mine", written.findings, "Data_Entry_2017")
    pd.testing.assert_frame_equal(told.films, written.films, check_dtype=False)
    for name in ("labels", "raw", "probability"):
        np.testing.assert_array_equal(getattr(told, name), getattr(written, name))


@pytest.mark.parametrize("broken", [float("nan"), float("inf"), -0.1, 1.5])
@pytest.mark.parametrize("of", ["raw", "probability"])
def test_a_score_that_means_nothing_is_not_stored_and_the_old_file_stays(
    tmp_path: Path, broken: float, of: str
) -> None:
    file = tmp_path / "mine.parquet"
    write_results(file, results())
    scores = getattr(results(), of).copy()
    scores[3, 1] = broken
    said = "no number from 0 to 1, first film 10"
    with pytest.raises(ResultsError, match=said), ResultsWriter(file, overwrite=True) as writer:
        writer.write(results(start=6))
        writer.write(replace(results(start=12), **{of: scores}))
    assert len(read_results(file)) == 6 and list(tmp_path.glob("*")) == [file]


def test_names_and_patients_are_read_once_and_those_of_a_part_are_its_own() -> None:
    told = results()
    assert told.names is told.names and told.patients is told.patients
    part = told.where(np.arange(6) < 2)
    assert part.names.tolist() == ["0000", "0001"] and len(part.patients) == 2


def test_parts_make_the_same_file_as_the_whole(tmp_path: Path) -> None:
    with ResultsWriter(tmp_path / "parts.parquet") as writer:
        for start in (0, 6, 12):
            writer.write(results(start=start))
        writer.finish(MADE)
    told = read_results(tmp_path / "parts.parquet")
    assert list(told.films["image"]) == [f"{n:04}.png" for n in range(18)]


def test_double_precision_is_kept(tmp_path: Path) -> None:
    one = results()
    scores = one.raw.astype(np.float64) + 1e-12
    write_results(
        tmp_path / "x.parquet", Results(one.model_id, one.findings, "", one.films, one.labels, scores, scores)
    )
    assert (read_results(tmp_path / "x.parquet").raw == scores).all()


def test_a_finding_without_labels_is_stored_and_left_out_of_figures(tmp_path: Path) -> None:
    one = results()
    one.labels[:, 0] = np.nan
    write_results(tmp_path / "x.parquet", one)
    assert read_results(tmp_path / "x.parquet").findings == ("Effusion",)
    assert "score_Mass" in pq.read_schema(tmp_path / "x.parquet").names


def test_a_broken_off_run_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), ResultsWriter(tmp_path / "x.parquet") as writer:
        writer.write(results())
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_results_are_overwritten_only_when_asked(tmp_path: Path) -> None:
    file = tmp_path / "x.parquet"
    write_results(file, results())
    with pytest.raises(ResultsError, match="--force"):
        write_results(file, results(4))
    assert len(read_results(file)) == 6
    write_results(file, results(4), overwrite=True)
    assert len(read_results(file)) == 4 and [one.name for one in tmp_path.iterdir()] == ["x.parquet"]


def test_a_writer_that_was_second_does_not_overwrite_the_first(tmp_path: Path) -> None:
    file = tmp_path / "x.parquet"
    with ResultsWriter(file) as writer:
        writer.write(results(4))
        write_results(file, results(6))
        with pytest.raises(ResultsError, match="already"):
            writer.finish(MADE)
    assert len(read_results(file)) == 6


def test_no_film_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="Not one film"), ResultsWriter(tmp_path / "x.parquet") as writer:
        writer.finish(MADE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name",
    ["", "../evil", "a/b", "a\\b", ".hidden", "-x", "a" * 81, "x\n", "con", "NUL.x", "é", "a.", "resnet18-128-nih14"],
)
def test_unsafe_names_are_refused(name: str) -> None:
    with pytest.raises(ResultsError):
        file_of(name)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=90))
def test_whatever_the_name_the_file_lies_in_the_folder(name: str) -> None:
    try:
        file = file_of(name)
    except ResultsError:
        return
    assert file.parent == results_folder() and file.resolve().parent == results_folder().resolve()


def test_own_and_shipped_results_are_listed_and_found(tmp_path: Path) -> None:
    (tmp_path / "weights" / "resnet18-128-nih14").mkdir(parents=True)
    write_results(tmp_path / "weights" / "resnet18-128-nih14" / "results.parquet", results())
    write_results(file_of("theirs"), results())
    stored = list_stored(tmp_path / "weights")
    assert [(one.id, one.shipped) for one in stored] == [("resnet18-128-nih14", True), ("theirs", False)]
    assert find_stored("theirs", tmp_path / "weights").read().model_id == "theirs"
    with pytest.raises(ResultsError, match="theirs"):
        find_stored("others", tmp_path / "weights")


def table_of(metadata: dict[bytes, bytes] | None = None, **columns: list) -> pa.Table:
    made = {name: [""] * 2 for name in ABOUT if name not in ("age", "source_width", "image")} | {
        "image": ["a", "b"],
        "age": [1.0, None],
        "source_width": [None, None],
        "label_Mass": [0, 1],
        "score_Mass": [0.1, 0.2],
        "prob_Mass": [0.1, 0.2],
    }
    return pa.table(made | columns).replace_schema_metadata(metadata)


GOOD = json.dumps({"kind": "imported", "model": "x"}).encode()


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (table_of(), "label_version"),
        (table_of({KEY: b"["}), "no JSON"),
        (table_of({KEY: b"[]"}), "wrong kind"),
        (table_of({KEY: b'{"kind": "imported"}'}), "no model"),
        (table_of({KEY: b'{"kind": "stolen", "model": "x"}'}), "wrong kind"),
        (table_of({KEY: b'{"kind": "imported", "model": "x", "schema": 99}'}), "schema 99"),
        (table_of({KEY: GOOD}, score_Mass=[0.1, float("nan")]), "not a number from 0 to 1"),
        (table_of({KEY: GOOD}, prob_Mass=[0.1, 1.5]), "not a number from 0 to 1"),
        (table_of({KEY: GOOD}, label_Mass=[0, 2]), "neither 0 nor 1"),
        (table_of({KEY: GOOD}, label_Mass=[0, None]), "neither 0 nor 1"),
        (table_of({KEY: GOOD}, label_Mass=[None, None]), "labels of none of them"),
        (table_of({KEY: GOOD}, score_Mass=["high", "low"]), "no number"),
        (table_of({KEY: GOOD}, image=["a", "a"]), "twice"),
    ],
)
def test_files_that_are_not_right_are_errors_in_words(table: pa.Table, said: str, tmp_path: Path) -> None:
    pq.write_table(table, tmp_path / "x.parquet")
    with pytest.raises(ResultsError, match=said):
        read_results(tmp_path / "x.parquet")


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 5000), st.integers(1, 60))
def test_damaged_files_are_errors_in_words(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes, at: int, cut: int
) -> None:
    file = tmp_path_factory.mktemp("damaged") / "x.parquet"
    write_results(file, results())
    whole = file.read_bytes()
    file.write_bytes(whole[:at] + junk + whole[at + cut :])
    try:
        told = read_results(file)
    except CxrError:
        return
    assert np.isfinite(told.raw).all()


def test_a_summary_of_a_counted_example() -> None:
    """Four films: of Mass the ill score .8 and .7, the well .7 and .1: 3.5 of 4 pairs. Effusion has none: a dash."""
    films = pd.DataFrame(
        {name: "" for name in ABOUT} | {"subset": "test", "image": list("abcd"), "patient": list("abcd")},
        index=range(4),
    )
    labels = np.array([[1, 0], [0, 0], [1, 0], [0, 0]], float)
    raw = np.array([[0.8, 0.5], [0.7, 0.4], [0.7, 0.3], [0.1, 0.2]])
    told = summarise(Results("x", ("Mass", "Effusion"), "", films, labels, raw, raw), "test", replicates=50)
    mass, effusion = told.findings
    assert (mass.n, mass.positives, mass.auc) == (4, 2, 0.875) and mass.interval[0] <= 0.875 <= mass.interval[1]
    assert effusion.positives == 0 and np.isnan([effusion.auc, *effusion.interval, *effusion.delong]).all()
    assert told.mean_auc == 0.875


def test_a_shipped_model_s_figures_are_its_card_s() -> None:
    from cxr_core.models.card import load_card
    from cxr_core.models.weights import weights_folder

    for stored in list_stored(weights_folder()):
        told, card = stored.read(), load_card(stored.file.parent)
        kept = {subset.name: subset for subset in card.subsets}
        for name in names_of(told):
            summary = summarise(told, name, replicates=20)
            assert summary.n == kept[name].n and summary.mean_auc == pytest.approx(kept[name].mean_auc, abs=NEAR)
            for one in summary.findings:
                figure = card.finding(one.finding).figures.get(name)
                assert (figure is None and np.isnan(one.auc)) or one.auc == pytest.approx(figure.auc, abs=NEAR)
