"""CoronaHack as downloaded: classes, patients, splits, and what does not fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxr_core.cli import main
from cxr_core.datasets.coronahack import METADATA, join, patient_of, read_coronahack
from cxr_core.datasets.covid import label_of, read_covid
from cxr_core.errors import DataError

_HEADER = ",X_ray_image_name,Label,Dataset_type,Label_2_Virus_category,Label_1_Virus_category\n"
_OF_ADULTS = "path,finding,patient_id,view,sex,split\n"
_CHESTXRAY = "patientid,sex,age,finding,view,modality,folder,filename\n"


def films(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(b"")


def test_patients_are_told_from_kermanys_names() -> None:
    assert patient_of("person123_virus_4.jpeg") == patient_of("person123_bacteria_9.jpeg") == "person123"
    assert patient_of("IM-0115-0001.jpeg") != patient_of("NORMAL2-IM-0115-0001.jpeg")
    assert patient_of("covid-19-pneumonia-8.jpg") == "covid-19-pneumonia-8.jpg"


def test_what_does_not_fit_is_reported_and_left_out(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    for name in ("IM-0001-0001.jpeg", "stray.jpeg", "unlisted.jpeg"):
        (tmp_path / "train" / name).write_bytes(b"")
    (tmp_path / METADATA).write_text(
        ",X_ray_image_name,Label,Dataset_type,Label_2_Virus_category,Label_1_Virus_category\n"
        "0,IM-0001-0001.jpeg,Normal,TRAIN,,\n1,gone.jpeg,Pnemonia,TEST,,Virus\n2,stray.jpeg,Asthma,TRAIN,,\n"
    )
    index, report = read_coronahack(tmp_path)
    assert list(index.table["image"]) == ["IM-0001-0001.jpeg"]
    assert report.missing_films == ("gone.jpeg",) and report.films_without_row == ("unlisted.jpeg",)
    assert "1 row has a label or a part that is not known, stray.jpeg" in report.in_words
    assert "1 row has no film" in report.in_words


def test_of_the_covid_patients_a_quarter_is_tested_and_15_percent_of_the_others_validated(tmp_path: Path) -> None:
    """As published, but by patient: of 40 with a film each 10 go to test, and round(.15 * 30) = 4 to val."""
    adults = [f"adult-{number}.jpg" for number in range(40)]
    children = [f"IM-{number:04}-0001.jpeg" for number in range(20)]
    films(tmp_path, *adults, *children)
    rows = [f"0,{name},Pnemonia,TRAIN,COVID-19,Virus\n" for name in adults]
    rows += [f"0,{name},Normal,TRAIN,,\n" for name in children]
    (tmp_path / METADATA).write_text(_HEADER + "".join(rows))
    counts = read_coronahack(tmp_path)[0].table.groupby("labels")["split"].value_counts().to_dict()
    assert counts == {
        ("COVID-19", "test"): 10, ("COVID-19", "val"): 4, ("COVID-19", "train"): 26,
        ("Normal", "val"): 3, ("Normal", "train"): 17,
    }


def test_a_doubled_row_gives_a_film_once_and_a_nameless_one_none(tmp_path: Path) -> None:
    films(tmp_path, "IM-0001-0001.jpeg")
    (tmp_path / METADATA).write_text(
        _HEADER + "0,IM-0001-0001.jpeg,Normal,TRAIN,,\n1,IM-0001-0001.jpeg,Normal,TEST,,\n2,,Normal,TRAIN,,\n"
    )
    index, report = read_coronahack(tmp_path)
    assert index.table[["image", "split"]].to_numpy().tolist() == [["IM-0001-0001.jpeg", "train"]]
    assert report.missing_films == ()
    assert "1 row names a film that an earlier row names" in report.in_words
    assert "1 row names no film" in report.in_words


def test_of_two_files_with_one_name_the_first_is_read_as_the_check_says(tmp_path: Path) -> None:
    films(tmp_path, "a/IM-0001-0001.jpeg", "b/IM-0001-0001.jpeg")
    (tmp_path / METADATA).write_text(_HEADER + "0,IM-0001-0001.jpeg,Normal,TRAIN,,\n")
    assert list(read_coronahack(tmp_path)[0].table["path"]) == ["a/IM-0001-0001.jpeg"]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b'a,b\n"1,2\n3,4'])
@pytest.mark.parametrize(("read", "name"), [
    (read_coronahack, METADATA), (read_covid, "images.csv"), (read_covid, "metadata.csv"),
])
def test_a_table_that_is_none_is_refused_in_words(tmp_path: Path, read, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=name):
        read(tmp_path)


def test_gaps_in_the_table_of_adults_films_are_told_of(tmp_path: Path) -> None:
    """Without a path, a finding or a patient: two left out, and the nameless patients not made one."""
    films(tmp_path, "a.jpg", "b.jpg", "c.jpg")
    (tmp_path / "images.csv").write_text(
        _OF_ADULTS + ",COVID-19,7,AP,F,test\na.jpg,COVID-19,,AP,F,train\nb.jpg,COVID-19,,AP,F,test\n"
        "c.jpg,,8,AP,F,train\na.jpg,COVID-19,9,AP,F,test\n"
    )
    index, report = read_covid(tmp_path)
    assert index.table[["image", "patient"]].to_numpy().tolist() == [["a.jpg", "a.jpg"], ["b.jpg", "b.jpg"]]
    for told in ("1 row names no film", "1 row has none of the three labels", "1 row names a film that an earlier",
                 "2 films have no patient"):
        assert told in report.in_words
    assert not report.films_without_row


def test_empty_columns_of_the_covid_chestxray_set_are_no_error(tmp_path: Path) -> None:
    films(tmp_path, "a.jpg", "b.jpg")
    (tmp_path / "metadata.csv").write_text(
        _CHESTXRAY + ",,,COVID-19,AP,X-ray,,a.jpg\n,,,COVID-19,AP,X-ray,,b.jpg\n,,,COVID-19,AP,X-ray,,\n"
    )
    index, report = read_covid(tmp_path)
    found = index.table[["path", "patient", "sex"]].to_numpy().tolist()
    assert found == [["a.jpg", "a.jpg", ""], ["b.jpg", "b.jpg", ""]]
    assert index.table["age"].isna().all() and "1 row names no film" in report.in_words


def test_a_set_with_gaps_is_checked(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    films(tmp_path, "a.jpg", "b.jpg")
    (tmp_path / "images.csv").write_text(_OF_ADULTS + "a.jpg,COVID-19,1,,,\nb.jpg,,2,,,\n")
    assert main(["data", "check", str(tmp_path)]) == 1  # the file is no film
    told = capsys.readouterr().out
    assert "1 row has none of the three labels" in told and "evaluation leaves them out" in told


def test_another_folder_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=METADATA):
        read_coronahack(tmp_path)


@pytest.mark.realdata
def test_the_real_set_is_read_whole_and_its_patients_stand_in_one_split(data_folder: Path) -> None:
    index, report = read_coronahack(data_folder / "coronahack")
    counts = index.table.groupby("split")["labels"].value_counts()
    assert len(index) == 5190 + 618 and len(report.missing_films) == 96 + 6
    assert counts["test", "Normal"] == 231
    assert set(index.table["labels"]) == {"Normal", "Pneumonia"}  # its COVID-19 films are not here
    assert "170 patient numbers stand in the set's own train and in its test" in report.in_words
    both = join(index, read_covid(data_folder / "covid")[0])
    assert set(both.table["labels"]) == {"Normal", "Pneumonia", "COVID-19"}
    assert all((both.root / path).is_file() for path in both.table["path"].sample(20, random_state=0))
    own = both.table[both.table["split"].isin(["train", "val"])].groupby("patient")["split"].nunique()
    assert own.max() == 1


def test_a_covid_folder_reports_what_does_not_fit(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    for name in ("a.jpg", "stray.png"):
        (tmp_path / "images" / name).write_bytes(b"")
    (tmp_path / "images.csv").write_text(
        "path,finding,patient_id,view,sex,split\nimages/a.jpg,COVID-19,7,AP,F,test\n"
        "images/gone.jpg,Pneumonia,8,PA,,train\n"
    )
    index, report = read_covid(tmp_path)
    assert index.table[["image", "patient", "split"]].to_numpy().tolist() == [["a.jpg", "7", "test"]]
    assert report.missing_films == ("gone.jpg",) and report.films_without_row == ("images/stray.png",)


def test_of_the_covid_chestxray_set_frontal_films_with_one_of_three_labels_are_read(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.jpg").write_bytes(b"")
    (tmp_path / "images" / "lateral.jpg").write_bytes(b"")
    (tmp_path / "metadata.csv").write_text(
        "patientid,sex,age,finding,view,modality,folder,filename\n"
        "2,M,65,Pneumonia/Viral/COVID-19,AP Supine,X-ray,images,a.jpg\n"
        "2,M,65,COVID-19,L,X-ray,images,lateral.jpg\n3,F,50,todo,PA,X-ray,images,b.jpg\n"
    )
    index, report = read_covid(tmp_path)
    assert index.table[["image", "labels", "view", "age"]].to_numpy().tolist() == [["a.jpg", "COVID-19", "AP", 65]]
    assert not report.films_without_row and len(report.remarks) == 2


def test_findings_of_both_vintages_become_the_three_labels() -> None:
    assert {label_of(name) for name in ("COVID-19", "COVID-19, ARDS", "Pneumonia/Viral/COVID-19")} == {"COVID-19"}
    for name in ("SARS", "Pneumonia/Bacterial/Klebsiella", "Mycoplasma Bacterial Pneumonia"):
        assert label_of(name) == "Pneumonia"
    assert label_of("No Finding") == "Normal"
    assert {label_of(name) for name in ("todo", "Unknown", "Tuberculosis")} == {""}


@pytest.mark.realdata
def test_the_real_covid_films_stand_in_their_own_split_by_patient(data_folder: Path) -> None:
    index, report = read_covid(data_folder / "covid")
    assert len(index) == 251 and not report.in_words
    assert index.table.groupby("patient")["split"].nunique().max() == 1
