"""Where stored results come from: which model, which films, which labels, made how and when."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

from cxr_core.errors import ResultsError

SCHEMA = 1
KEY = b"hilum"  # of Parquet's key-value metadata
_PACKAGES = (
    "keras", "tensorflow", "tensorflow-cpu", "jax", "numpy", "pandas", "pyarrow", "opencv-python-headless",
    "scikit-learn",
)


@dataclass(frozen=True)
class Provenance:
    """What a reader must know before citing a figure.

    `kind` is "shipped" (with the weights), "evaluated" (a shipped model on other films) or "imported" (predictions of
    another's model). `digest` is the sha256 of the weights, or of the imported file. `split` says in words which films
    these are, `split_digest` is the sha256 over their sorted names (`Index.digest`). `overlap` is the number of
    patients who also stand in the model's training films, None where nobody can know. `unread` films could not be
    read and are not among the rows. `leaky` says that these films were drawn by image, so that patients of theirs were
    learnt from: their figures stand beside no others. `date` is ISO 8601, UTC. An empty text means unknown.
    """

    kind: Literal["shipped", "evaluated", "imported"]
    model: str
    digest: str = ""
    data: str = ""
    split: str = ""
    split_digest: str = ""
    label_version: str = ""
    overlap: int | None = None
    unread: int = 0
    command: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    date: str = ""
    remarks: tuple[str, ...] = ()
    schema: int = SCHEMA
    leaky: bool = False

    @property
    def in_words(self) -> tuple[str, ...]:
        """One line a fact, unknown ones named as such."""
        overlap = "unknown" if self.overlap is None else f"{self.overlap:,}"
        leaky = (f"LEAKY on purpose: {overlap} patients of these films were learnt from, so the figures are too good "
                 "and stand beside no others",) if self.leaky else ()
        facts = (
            f"{self.kind}, model {self.model}, sha256 {self.digest[:12] or 'unknown'}",
            f"films: {self.data or 'unknown'}; {self.split or 'split unknown'}; sha256 of their names "
            f"{self.split_digest[:12] or 'unknown'}",
            f"labels: {self.label_version or 'unknown'}; patients shared with training: {overlap}",
            f"made {self.date or 'at an unknown time'} by: {self.command or 'unknown'}",
        )
        unread = (f"{self.unread:,} films could not be read and are left out",) if self.unread else ()
        return (*leaky, *facts, *unread, *self.remarks)

    @property
    def warning(self) -> str:
        """Why these figures are too good, in a sentence; empty where nothing is known against them."""
        overlap = "unknown many" if self.overlap is None else f"{self.overlap:,}"
        if self.leaky:
            return (f"LEAKY on purpose: {overlap} patients of these films were learnt from, so the figures are too "
                    "good and stand beside no others")
        if self.overlap:
            return (f"{overlap} patients of these films are among those that the model was trained on: the figures "
                    "are too good")
        return ""


def installed_versions() -> dict[str, str]:
    """Python's version, that of each package the scores depend on, and the name of the backend that Keras runs on."""
    found = {"python": platform.python_version(), "keras backend": _backend()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _backend() -> str:
    """What Keras runs on, as it says itself once it is loaded; before that what it would choose."""
    if (keras := sys.modules.get("keras")) is not None:
        return keras.config.backend()
    if named := os.environ.get("KERAS_BACKEND"):
        return named
    chosen = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras")) / "keras.json"
    try:
        return str(json.loads(chosen.read_text("utf-8")).get("backend", "tensorflow"))
    except (OSError, ValueError, AttributeError):
        return "tensorflow"


def now() -> str:
    """The time, ISO 8601, UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def to_metadata(provenance: Provenance) -> dict[bytes, bytes]:
    """As Parquet's key-value metadata: one JSON object under `hilum`."""
    return {KEY: json.dumps(asdict(provenance), ensure_ascii=False).encode()}


def from_metadata(metadata: Mapping[bytes, bytes] | None) -> Provenance | None:
    """The provenance that a file carries; None where it carries none (files from before schema 1).

    Raises
    ------
    ResultsError
        When what it carries cannot be read.
    """
    if not metadata or KEY not in metadata:
        return None
    try:
        found = json.loads(metadata[KEY])
    except ValueError as problem:
        raise ResultsError("The provenance of these results is no JSON. Make or import them again.") from problem
    if not isinstance(found, dict) or not all(
        _fits(one.name, found[one.name]) for one in fields(Provenance) if one.name in found
    ):
        raise ResultsError("The provenance of these results has values of a wrong kind. Make or import them again.")
    if not {"kind", "model"} <= found.keys():
        raise ResultsError("The provenance of these results names no model. Make or import them again.")
    if found.get("schema", SCHEMA) > SCHEMA:
        raise ResultsError(
            f"These results have schema {found['schema']}; this version reads up to {SCHEMA}. Update it."
        )
    known = {one.name for one in fields(Provenance)}
    kept: dict[str, Any] = {name: value for name, value in found.items() if name in known}
    return Provenance(**kept | {"remarks": tuple(kept.get("remarks", ()))})


def _fits(name: str, value: Any) -> bool:
    if name == "kind":
        return value in ("shipped", "evaluated", "imported")
    if name in ("unread", "schema", "overlap"):
        return (value is None and name == "overlap") or (isinstance(value, int) and not isinstance(value, bool))
    if name == "leaky":
        return isinstance(value, bool)
    if name == "versions":
        return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())
    if name == "remarks":
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    return isinstance(value, str)
