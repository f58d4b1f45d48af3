"""Where results are kept: the shipped ones beside their weights, evaluated and imported ones in a folder of the user's.

That folder is `results` of `cxr_core.folders.user_folder`: one file `<id>.parquet` each, outside of the checkout, so
that an update of the product never touches it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cxr_core.errors import ResultsError
from cxr_core.evaluation.results import FILE, Results, read_results
from cxr_core.folders import user_folder
from cxr_core.models.registry import EXPERIMENTS, MODELS

ENDING = ".parquet"
_ORDER = "order_of_results.json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_DEVICES = {"con", "prn", "aux", "nul", *(f"{kind}{n}" for kind in ("com", "lpt") for n in range(10))}  # of Windows


@dataclass(frozen=True)
class Stored:
    """Results on disk: what they are known by, their file, and whether they came with the weights."""

    id: str
    file: Path
    shipped: bool

    def read(self) -> Results:
        """All their films; ResultsError when the file cannot be read."""
        return read_results(self.file, self.id)


def results_folder() -> Path:
    """The folder of evaluated and imported results; it need not be there yet."""
    return user_folder("results")


def file_of(name: str) -> Path:
    """The file in which results of this name are kept.

    Raises
    ------
    ResultsError
        When the name is no plain name, or is that of a model: those are shipped with their weights.
    """
    if not _NAME.fullmatch(name) or name.split(".")[0].lower() in _DEVICES or name.endswith("."):
        raise ResultsError(
            f"{name[:80]!r} cannot be the name of results. Use 1 to 80 letters, digits, dots, hyphens and underscores, "
            "a letter or a digit first."
        )
    if name in MODELS or name in EXPERIMENTS:
        raise ResultsError(f"{name} is the name of a shipped model's own results. Choose another name.")
    return results_folder() / f"{name}{ENDING}"


def list_stored(weights: Path) -> tuple[Stored, ...]:
    """All results there are: those beside the weights in the registry's order, experiments last, then one's own."""
    ours = MODELS | EXPERIMENTS
    shipped = [Stored(name, file, True) for name in ours if (file := weights / name / FILE).is_file()]
    folder = results_folder()
    own = (
        sorted(file for file in folder.glob(f"*{ENDING}") if file.is_file() and _NAME.fullmatch(file.stem))
        if folder.is_dir()
        else []
    )
    return (*shipped, *(Stored(file.stem, file, False) for file in own if file.stem not in ours))


def in_order_of_coming(came: Mapping[str, float]) -> list[str]:
    """Names in the order in which they were first seen on this machine; `came` is each one's time, in s.

    The order is kept: a place in it is a colour, which must not change when others join, go, or are imported anew.
    """
    file = user_folder("settings") / _ORDER
    try:
        known = [one for one in json.loads(file.read_text("utf-8")) if isinstance(one, str)]
    except (OSError, ValueError, TypeError):  # none was kept yet, or somebody wrote into it
        known = []
    new = sorted(came.keys() - set(known), key=lambda name: (came[name], name))
    if new:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            draft = file.with_suffix(".new")
            draft.write_text(json.dumps([*known, *new]), "utf-8")
            draft.replace(file)
        except OSError:  # a full disk costs a colour, not the page
            pass
    return [*known, *new]


def find_stored(name: str, weights: Path) -> Stored:
    """The results known by `name`; ResultsError names those there are."""
    ours = name in MODELS or name in EXPERIMENTS
    if ours or _NAME.fullmatch(name):  # one look at the disk: a page asks a hundred times
        file = weights / name / FILE if ours else results_folder() / f"{name}{ENDING}"
        if file.is_file():
            return Stored(name, file, ours)
    if ours:
        raise ResultsError(f"{name} has no stored results. Make them: python -m cxr_core ship {name}.")
    there = ", ".join(one.id for one in list_stored(weights)) or "none yet"
    raise ResultsError(f"There are no results {name[:80]!r}. There are: {there}.")
