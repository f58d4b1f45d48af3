"""All real films that labels are known of, as one index: NIH's adults, CoronaHack's children, adults with COVID-19."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from cxr_core.datasets.coronahack import join
from cxr_core.datasets.covid3 import read_covid3
from cxr_core.datasets.folder import data_folder
from cxr_core.datasets.index import Index
from cxr_core.datasets.nih_small import read_nih_small
from cxr_core.findings import CHILD_PNEUMONIA, NIH14


def read_all_films(root: Path | None = None) -> Index:
    """Train of `nih/`, `coronahack/` and `covid/` below `root` (default: `data_folder()`), and val of NIH's to look at.

    A child's pneumonia is a finding of its own. Of a child the NIH findings are not known, of an adult with COVID-19
    neither; NIH's films were taken before there was COVID-19. Test films of any set have no part in it.

    Raises
    ------
    DataError
        When a folder or its table is not there.
    """
    root = root or data_folder()
    nih, (others, _) = read_nih_small(root / "nih"), read_covid3(root)
    nih = nih.where(nih.table["split"].isin(["train", "val"]))
    others = others.where(others.table["split"] == "train")
    covid = others.table["labels"] == "COVID-19"
    others = replace(others, table=others.table.assign(
        labels=others.table["labels"].replace("Pneumonia", CHILD_PNEUMONIA),
        unknown=np.where(covid, "|".join((*NIH14, CHILD_PNEUMONIA)), "|".join(NIH14)),
    ))
    return join(replace(nih, table=nih.table.assign(unknown=CHILD_PNEUMONIA)), others)
