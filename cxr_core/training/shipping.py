"""A model's folder takes its new files at once: new weights never stand beside the card of old ones."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from cxr_core.errors import CxrError, ExportError, TrainingError
from cxr_core.evaluation.judged_boxes import FILE as BOXES, read_boxes
from cxr_core.models.card import CARD, load_card
from cxr_core.models.spec import ModelSpec


@contextmanager
def draft_of(folder: Path) -> Iterator[Path]:
    """A new folder beside `folder` to write a model's files into; they move there when all went well.

    Whatever goes wrong before, Ctrl-C too, the folder stays as it was. Then its card goes first and the new one comes
    last: stopped in that moment it holds no model, never a wrong one. Boxes that were judged with other weights go;
    files that shipping does not write stay.

    Raises
    ------
    ExportError
        When the folder cannot be written.
    """
    draft: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
        yield draft
        digest = load_card(draft).weights.sha256
        folder.mkdir(exist_ok=True)
        (folder / CARD).unlink(missing_ok=True)
        if not _still_hold(folder / BOXES, digest):
            (folder / BOXES).unlink(missing_ok=True)
        for file in sorted(draft.iterdir(), key=lambda one: (one.name == CARD, one.name)):
            file.replace(folder / file.name)
    except OSError as problem:
        raise ExportError(
            f"Could not write {folder.name!r}: {problem.strerror or type(problem).__name__}. Free some space, or name "
            "another folder with --out."
        ) from problem
    finally:
        if draft is not None:
            shutil.rmtree(draft, ignore_errors=True)


def check_scores(spec: ModelSpec, name: str, raw: np.ndarray) -> None:
    """Refuse a run whose weights give a film a score that is no number: nothing can be calibrated or measured with it.

    Raises
    ------
    TrainingError
    """
    broken = int((~np.isfinite(raw)).any(axis=1).sum())
    if broken:
        raise TrainingError(
            f"The run's best weights of {spec.id} give {broken:,} of the {len(raw):,} films of {name} a score that is "
            "no number. It does not ship: train it again, from an epoch before this."
        )


def _still_hold(boxes: Path, digest: str) -> bool:
    """Whether judged boxes are of the weights of this digest."""
    try:
        return boxes.is_file() and read_boxes(boxes).digest == digest
    except CxrError:
        return False
