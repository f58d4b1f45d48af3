"""CoronaHack as downloaded: classes, patients, splits, and what does not fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxr_core.datasets.coronahack import METADATA, join, patient_of, read_coronahack
from cxr_core.datasets.covid import label_of, read_covid
from cxr_core.errors import DataError


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
    assert "1 rows have a label or a part that is not known, stray.jpeg" in report.in_words
    assert "1 rows have no film" in report.in_words


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
