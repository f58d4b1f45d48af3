"""Films of the COVID-19 systems: CoronaHack's in its own split, alone or joined by adults' COVID-19 films in theirs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cxr_core.datasets.coronahack import METADATA, join, read_coronahack
from cxr_core.datasets.covid import read_covid
from cxr_core.datasets.folder import data_folder
from cxr_core.datasets.index import Index
from cxr_core.datasets.report import DataReport
from cxr_core.errors import DataError


def read_covid3(root: Path | None = None, seed: int = 1) -> tuple[Index, DataReport]:
    """Read `coronahack/` and `covid/` below `root` (default: `data_folder()`) as one index, no patient in two parts.

    A `root` that is CoronaHack's own folder, as downloaded, is read alone: that is the published experiment, with the
    set's own COVID-19 films. Test is CoronaHack's, with the COVID-19 films whose table says test. A patient number that
    stands in CoronaHack's train and in its test may be one child or two; its train films are left out, and reported, so
    that test stays as published.

    Raises
    ------
    DataError
        When a folder or its table is not there, or a COVID-19 film has no part.
    """
    root = root or data_folder()
    if (root / METADATA).is_file():
        return _apart(*read_coronahack(root, seed))
    children, of_children = read_coronahack(root / "coronahack", seed)
    adults, of_adults = read_covid(root / "covid")
    unplaced = ~adults.table["split"].isin(["train", "val", "test"])
    if unplaced.any():
        raise DataError(
            f"{int(unplaced.sum())} COVID-19 films have no part. Give the folder whose images.csv has a column split "
            "that says train, val or test."
        )
    return _apart(join(children, adults), DataReport(
        of_children.missing_films + of_adults.missing_films,
        of_children.films_without_row + of_adults.films_without_row, of_children.remarks + of_adults.remarks,
    ))


def _apart(index: Index, report: DataReport) -> tuple[Index, DataReport]:
    """The index without the train films of patients who stand in test as well, and the report with a remark on them."""
    table = index.table
    twice = (table["split"] != "test") & table["patient"].isin(set(table["patient"][table["split"] == "test"]))
    if twice.any():
        told = f"Of the patient numbers in both, {int(twice.sum())} train films were left out: none is left."
        report = replace(report, remarks=(*report.remarks, told))
    return index.where(~twice), report
