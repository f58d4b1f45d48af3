"""Ages: every unit that DICOM writes is read, and a reader is told them as one says them."""

from __future__ import annotations

import math

import pytest
from film_files import RAMP, dicom, saved

from cxr_core.imaging.age import age_in_words, years_of
from cxr_core.imaging.read import read_radiograph


def with_age(written: str) -> bytes:
    dataset = dicom(RAMP)
    dataset.add_new("PatientAge", "LO", written)  # a text that pydicom does not look at when it is set
    return saved(dataset)


@pytest.mark.parametrize(("written", "years", "words"), [
    ("067Y", 67, "67 y"), ("62", 62, "62 y"), ("001Y", 1, "1 y"), ("000Y", 0, "0 y"), ("036M", 3, "3 y"),
    ("042M", 3.5, "3.5 y"), ("018M", 1.5, "18 months"), ("104W", 104 * 7 / 365.25, "24 months"),
    ("006W", 42 / 365.25, "6 weeks"),
    ("010D", 10 / 365.25, "10 days"), ("001D", 1 / 365.25, "1 day"),
])
def test_a_tag_s_age_is_read_in_its_unit_and_told_as_one_says_it(written: str, years: float, words: str) -> None:
    film = read_radiograph(with_age(written))
    assert film.age == pytest.approx(years) and age_in_words(film.age) == words


@pytest.mark.parametrize("written", ["", "150Y", "-3", "1e1", "nan", "old"])
def test_what_a_tag_may_not_say_is_no_age(written: str) -> None:
    assert read_radiograph(with_age(written)).age is None


def test_a_table_s_ages_may_lack_their_unit() -> None:
    assert years_of(" 58 ") == 58 and years_of("013m") == 13 / 12
    assert math.isnan(years_of("Y")) and math.isnan(years_of(""))
