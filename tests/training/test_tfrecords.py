"""TFRecords: a round trip keeps every film and label, and a writer that is killed or run again gives the same bytes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import tiny_training as tiny

from cxr_core.cli import main
from cxr_core.datasets.index import Index
from cxr_core.datasets.parts import labelled_findings
from cxr_core.datasets.sources import read_folder
from cxr_core.datasets.splits import split_by_file
from cxr_core.datasets.tfrecords import COLUMNS, TABLE, file_names, is_tfrecords, read_tfrecords
from cxr_core.errors import DataError
from cxr_core.evaluation.results import read_results
from cxr_core.findings import NIH15
from cxr_core.imaging.read import load_bytes
from cxr_core.training.data import read_split
from cxr_core.training.films import load_films
from cxr_core.training.tfrecord_writer import classes_of, write_tfrecords

SIZE, SHARDS, BROKEN = 32, 7, "17.png"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """120 drawn films, of which one is none."""
    index = tiny.draw_films(tmp_path_factory.mktemp("films"))
    (index.root / BROKEN).write_bytes(b"no film")
    return index


@pytest.fixture(scope="module")
def records(index: Index, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("records")
    write_tfrecords(index, out, size=SIZE, shards=SHARDS)
    return out


def digests(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir()) if path.is_file()
    }


def test_files_are_named_by_number_and_count_and_differ_by_one_film_at_most(records: Path) -> None:
    names = sorted(path.name for path in records.glob("*.tfrec"))
    # 120 films in 7 files: 18 and 17, the 18th film (of the first file) left out
    assert names == ["000-17.tfrec", *(f"{number:03d}-17.tfrec" for number in range(1, 7))]
    assert is_tfrecords(records) and not is_tfrecords(records / "none")


def test_a_record_is_what_the_published_set_has(records: Path, index: Index) -> None:
    import tensorflow as tf

    kinds = {name: tf.io.FixedLenFeature([], tf.int64) for name in NIH15}
    kinds["image"] = tf.io.FixedLenFeature([], tf.string)
    first = next(iter(tf.data.TFRecordDataset(str(records / "000-17.tfrec"))))  # checks the checksums too
    parsed = tf.io.parse_single_example(first, kinds)
    film = tf.io.decode_jpeg(parsed["image"])
    assert film.shape == (SIZE, SIZE, 1)
    drawn = cv2.imread(str(index.root / index.table["path"][0]), cv2.IMREAD_GRAYSCALE)
    assert np.abs(film.numpy()[..., 0].astype(int) - drawn).mean() < 3
    np.testing.assert_array_equal([int(parsed[name]) for name in NIH15], index.targets(NIH15)[0])


def test_a_round_trip_keeps_every_film_and_row(records: Path, index: Index) -> None:
    back, report = read_tfrecords(records)
    kept = index.where(index.table["path"] != BROKEN)
    assert report.in_words == ""
    for name in ("image", "patient", "follow_up", "age", "sex", "view", "labels", "split", "source_width"):
        assert back.table[name].tolist() == kept.table[name].tolist(), name
    assert np.abs(load_films(back, SIZE).astype(int) - load_films(kept, SIZE)).mean() < 3
    shuffled = back.take(np.random.default_rng(0).permutation(len(back)))
    np.testing.assert_array_equal(np.sort(load_films(shuffled, 4), axis=0), np.sort(load_films(back, 4), axis=0))


def test_an_unreadable_film_is_reported_and_left_out(index: Index, records: Path) -> None:
    again = write_tfrecords(index, records, size=SIZE, shards=SHARDS)
    assert (again.films, again.written, again.verified) == (119, 0, SHARDS)
    assert [film.path for film in again.left_out] == [BROKEN] and "no PNG" in again.left_out[0].reason


def test_the_same_films_give_the_same_bytes(index: Index, records: Path, tmp_path: Path) -> None:
    write_tfrecords(index, tmp_path / "again", size=SIZE, shards=SHARDS)
    assert digests(tmp_path / "again") == digests(records)


def test_a_killed_writer_goes_on_and_finished_files_are_not_written_again(
    index: Index, records: Path, tmp_path: Path,
) -> None:
    class Killed(Exception):
        pass

    def kill(films: int) -> None:
        if films > 50:
            raise Killed

    out = tmp_path / "out"
    with pytest.raises(Killed):
        write_tfrecords(index, out, size=SIZE, shards=SHARDS, on_films=kill)
    finished = {path: path.stat().st_mtime_ns for path in out.glob("*.tfrec")}
    assert len(finished) == 3 and not (out / TABLE).exists()
    (out / ".003.part").write_bytes(b"half a file")
    done = write_tfrecords(index, out, size=SIZE, shards=SHARDS)
    assert (done.written, done.verified) == (SHARDS - 3, 3)
    assert {path: path.stat().st_mtime_ns for path in finished} == finished
    assert digests(out) == digests(records)


def test_a_damaged_file_is_written_again(index: Index, records: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_tfrecords(index, out, size=SIZE, shards=SHARDS)
    damaged = bytearray((out / "002-17.tfrec").read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (out / "002-17.tfrec").write_bytes(damaged)
    done = write_tfrecords(index, out, size=SIZE, shards=SHARDS)
    assert (done.written, done.verified) == (1, SHARDS - 1) and digests(out) == digests(records)


def test_another_set_is_not_mixed_in(index: Index, records: Path) -> None:
    for other in ({"size": 16}, {"shards": 3}):
        with pytest.raises(DataError, match="Name another folder"):
            write_tfrecords(index, records, **{"size": SIZE, "shards": SHARDS, **other})
    with pytest.raises(DataError, match="Name another folder"):
        write_tfrecords(index.take(np.arange(9)), records, size=SIZE, shards=SHARDS)
    with pytest.raises(DataError, match="no films"):
        write_tfrecords(index.take(np.arange(0)), records)


def test_classes_are_nihs_or_the_sets_own() -> None:
    def classes(*labels: str) -> tuple[str, ...]:
        return classes_of(Index(Path(), pd.DataFrame({"labels": labels})))

    assert classes("Mass|Effusion", "No Finding") == NIH15
    assert classes("Normal", "COVID-19") == ("COVID-19", "Normal")
    assert classes("COVID-19", "No Finding") == ("COVID-19", "No Finding")


def copied(records: Path, out: Path, keep: tuple[str, ...] = ()) -> Path:
    """The records and, of their table, some columns: as others write it."""
    out.mkdir()
    for path in records.glob("*.tfrec"):
        (out / path.name).write_bytes(path.read_bytes())
    if keep:
        pd.read_csv(records / TABLE)[list(keep)].to_csv(out / TABLE, index=False)
    return out


def test_a_table_without_files_lines_up_by_its_labels(records: Path, index: Index, tmp_path: Path) -> None:
    keep = ("Image Index", "Finding Labels", "Patient ID", "Patient Age")
    back, report = read_tfrecords(copied(records, tmp_path / "theirs", keep))
    assert report.in_words == "" and back.table["patient"].tolist() == [n for n in range(120) if n != 17]
    table = pd.read_csv(tmp_path / "theirs" / TABLE).iloc[::-1]
    table.to_csv(tmp_path / "theirs" / TABLE, index=False)
    back, report = read_tfrecords(tmp_path / "theirs")
    assert "does not line up" in report.in_words and set(back.table["patient"]) == {""}


def test_records_alone_are_read_with_their_labels(records: Path, index: Index, tmp_path: Path) -> None:
    back, report = read_tfrecords(copied(records, tmp_path / "alone"))
    kept = index.where(index.table["path"] != BROKEN)
    np.testing.assert_array_equal(back.targets(NIH15), kept.targets(NIH15))
    assert back.table["image"].is_unique and f"no {TABLE}" in report.in_words


def test_ages_with_units_and_impossible_ones_are_read_as_from_nihs_own_table(records: Path, tmp_path: Path) -> None:
    out = copied(records, tmp_path / "ages", ("Image Index", "Finding Labels", "Patient ID", "Patient Age"))
    table = pd.read_csv(out / TABLE, dtype=str)
    table.loc[:2, "Patient Age"] = ["058Y", "414Y", "013M"]
    table.to_csv(out / TABLE, index=False)
    back, report = read_tfrecords(out)
    assert back.table["age"].iloc[0] == 58 and np.isnan(back.table["age"].iloc[1])
    assert back.table["age"].iloc[2] == pytest.approx(13 / 12) and back.table["age"].iloc[3:].between(40, 69).all()
    assert "1 ages are over 120 years" in report.in_words and back.label_version == "2017"


def test_gaps_in_their_table_are_told_of(records: Path, tmp_path: Path) -> None:
    keep = ("Image Index", "Finding Labels", "Patient ID", "Patient Gender")
    table = pd.read_csv(copied(records, tmp_path / "gaps", keep) / TABLE)
    table.loc[3, ["Patient ID", "Patient Gender"]] = np.nan
    table.to_csv(tmp_path / "gaps" / TABLE, index=False)
    back, report = read_tfrecords(tmp_path / "gaps")
    assert back.table["patient"].iloc[3] == "3.png" and back.table["sex"].iloc[3] == "" and len(back) == 119
    assert "1 film has no patient" in report.in_words
    (tmp_path / "gaps" / TABLE).write_bytes(b"")
    assert f"{TABLE} is empty" in read_tfrecords(tmp_path / "gaps")[1].in_words


def test_whole_files_go_to_val_or_train_where_nobody_knows_whose_films_they_are(records: Path, tmp_path: Path) -> None:
    """As published (systems.md 3), and said to be as leaky as a split can be that heeds no patient."""
    said: list[str] = []
    index = read_split(tiny.RECIPE, copied(records, tmp_path / "alone"), said.append)
    parts = index.table.groupby(index.table["path"].str.split("@").str[0])["split"].agg(["nunique", "first"])
    assert (parts["nunique"] == 1).all() and parts["first"].value_counts().to_dict() == {"train": 6, "val": 1}
    assert "LEAKY" in said[-1] and "not known" in said[-1]
    split = split_by_file(index, file_names(index), val=0.3)
    assert split.leaky and split.patients == 0 and split.index.table["split"].nunique() == 2
    one = index.where(file_names(index) == "000-17.tfrec")
    with pytest.raises(DataError, match="All films are in one file"):
        split_by_file(one, file_names(one))


def test_a_folder_of_records_is_known_checked_and_scored_as_its_films_are(
    index: Index, records: Path, tmp_path: Path, tiny_weights: Path, capsys: pytest.CaptureFixture,
) -> None:
    """The films as they were written and read anew score as the records do: the bytes are the records' own."""
    assert main(["data", "check", str(records)]) == 0
    told = capsys.readouterr().out
    assert "TFRecords" in told and "119 films of 119 patients" in told and f"{SIZE} x {SIZE} 119" in told
    source, films = read_folder(records), tmp_path / "films"
    films.mkdir()
    for path, image in zip(source.index.table["path"], source.index.table["image"], strict=True):
        (films / image).write_bytes(load_bytes(records / path))
    tiny.write_set(Index(films, source.index.table.assign(path=source.index.table["image"])))
    command = ["evaluate", "resnet18-128-nih14", "--split", "val"]
    for folder in (records, films):
        assert main([*command, "--data", str(folder), "--out", str(tmp_path / f"{folder.name}.parquet")]) == 0
    one, other = (read_results(tmp_path / f"{folder.name}.parquet") for folder in (records, films))
    assert len(one) == (source.index.table["split"] == "val").sum() > 30
    np.testing.assert_array_equal(one.raw, other.raw)
    np.testing.assert_array_equal(one.labels, other.labels)


def test_records_that_are_nihs_are_told_from_others(records: Path, tmp_path: Path) -> None:
    assert read_folder(records).kind == "tfrecords"
    table = pd.read_csv(copied(records, tmp_path / "nih", tuple(COLUMNS)) / TABLE)
    table["Image Index"] = [f"{patient:08}_000.png" for patient in table["Patient ID"]]
    table.to_csv(tmp_path / "nih" / TABLE, index=False)
    source = read_folder(tmp_path / "nih")
    assert source.kind == "nih_tfrecords" and labelled_findings(source) == NIH15
    table["Patient ID"] += 1
    table.to_csv(tmp_path / "nih" / TABLE, index=False)
    assert read_folder(tmp_path / "nih").kind == "tfrecords"


def test_a_damaged_record_is_one_broken_film(records: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    out = copied(records, tmp_path / "damaged")
    (out / TABLE).write_bytes((records / TABLE).read_bytes())
    whole = bytearray((out / "002-17.tfrec").read_bytes())
    whole[12:32] = b"\xff" * 20
    (out / "002-17.tfrec").write_bytes(bytes(whole))
    assert main(["data", "check", str(out)]) == 1
    told = capsys.readouterr().out
    assert "1 film is broken" in told and "002-17.tfrec@0" in told and f"{SIZE} x {SIZE} 118" in told


def test_damaged_files_are_told_of(records: Path, tmp_path: Path) -> None:
    out = copied(records, tmp_path / "damaged")
    whole = (out / "001-17.tfrec").read_bytes()
    (out / "001-17.tfrec").write_bytes(whole[:-5])
    back, report = read_tfrecords(out)
    assert "001-17.tfrec has 16 whole records, not 17" in report.in_words and len(back) == 118
    last = back.take(np.array([20]))
    (out / "001-17.tfrec").write_bytes(bytes(len(whole)))
    with pytest.raises(DataError, match="holds no image"):
        load_films(last, SIZE)
    (out / "001-17.tfrec").write_bytes(b"\xff" * len(whole))
    with pytest.raises(DataError, match="damaged"):
        load_films(last, SIZE)
    for path in out.glob("*.tfrec"):
        path.write_bytes(b"")
    with pytest.raises(DataError, match="None of the 7 TFRecords"):
        read_tfrecords(out)
    with pytest.raises(DataError, match="No TFRecords"):
        read_tfrecords(tmp_path)


def test_the_command_writes_what_train_can_read(index: Index, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    tiny.write_set(index)
    assert main(["data", "tfrecord", str(index.root), str(tmp_path), "--size", "32", "--shards", "4"]) == 1
    told = capsys.readouterr()
    assert "119 films, 1 left out; 4 files written, 0 found whole" in told.out and BROKEN in told.err
    back = read_split(tiny.RECIPE, tmp_path)
    assert back.table["split"].value_counts().to_dict() == {"train": 79, "val": 40}
