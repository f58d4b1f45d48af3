"""Films of the COVID-19 systems: CoronaHack's in its own split, joined by adults' COVID-19 films in theirs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cxr_core.datasets.coronahack import join, read_coronahack
from cxr_core.datasets.covid import read_covid
from cxr_core.datasets.folder import data_folder
from cxr_core.datasets.index import Index
from cxr_core.datasets.report import DataReport
from cxr_core.errors import DataError


def read_covid3(root: Path | None = None, seed: int = 1) -> tuple[Index, DataReport]:
    """Read `coronahack/` and `covid/` below `root` (default: `data_folder()`) as one index, no patient in two parts.

    Test is CoronaHack's own, with the COVID-19 films whose table says test. A patient number that stands in
    CoronaHack's train and in its test may be one child or two; its train films are left out, and reported, so that
    test stays as published.

    Raises
    ------
    DataError
        When a folder or its table is not there, or a COVID-19 film has no part.
    """
    root = root or data_folder()
    children, of_children = read_coronahack(root / "coronahack", seed)
    adults, of_adults = read_covid(root / "covid")
    unplaced = ~adults.table["split"].isin(["train", "val", "test"])
    if unplaced.any():
        raise DataError(
            f"{int(unplaced.sum())} COVID-19 films have no part. Give the folder whose images.csv has a column split "
            "that says train, val or test."
        )
    both = join(children, adults)
    table = both.table
    tested = set(table["patient"][table["split"] == "test"])
    twice = (table["split"] != "test") & table["patient"].isin(tested)
    remarks = [*of_children.remarks, *of_adults.remarks]
    if twice.any():
        remarks.append(f"Of the patient numbers in both, {int(twice.sum())} train films were left out: none is left.")
    report = DataReport(
        of_children.missing_films + of_adults.missing_films,
        of_children.films_without_row + of_adults.films_without_row, tuple(remarks),
    )
    return replace(both, table=table[~twice].reset_index(drop=True)), report
