"""The use case of localisation: films on which readers drew boxes in, judged maps of every method out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cxr_core.datasets.boxes import SIDE
from cxr_core.errors import DataError, FilmError
from cxr_core.evaluation.localisation import MEASURES, THRESHOLDS, Rate, centre_box, hit_rates, judge_map
from cxr_core.evaluation.scoring import prepare_file
from cxr_core.explain.boxes import find_boxes
from cxr_core.explain.faithfulness import random_heatmap
from cxr_core.explain.heatmap import make_heatmap
from cxr_core.folders import user_folder
from cxr_core.geometry import Box, Frame
from cxr_core.methods import draw_map

if TYPE_CHECKING:
    from cxr_core.datasets.index import Index
    from cxr_core.models.classifier import Classifier

CONTROLS = {"random": "a random map", "centre": "the middle of the film"}
FILE = "boxes.parquet"


@dataclass(frozen=True)
class Judged:
    """How one method's map lies on one drawn box. `box` counts the boxes of the film; see `evaluation.localisation`."""

    image: str
    patient: str
    box: int
    finding: str
    method: str
    iobb: float
    iou: float
    pointed: bool


def judge_films(
    classifier: Classifier, index: Index, methods: tuple[str, ...], *,
    done: frozenset[tuple[str, int, str]] = frozenset(), on_film: Callable[[str], None] | None = None,
) -> Iterator[list[Judged]]:
    """Draw the maps of every film with boxes, and judge each against what readers drew; a list a film.

    Parameters
    ----------
    index : Index
        Its `boxes` column holds what was drawn, in pixels of a 1024 px film.
    methods : tuple of str
        Names of `methods.METHODS`. The two controls are judged beside them.
    done : frozenset
        (image, box, method) that need not be judged again.
    on_film : callable, optional
        Called with a film that cannot be read, in words; it is left out.
    """
    size = classifier.spec.size
    for row in index.table.itertuples():
        boxes = [(number, box) for number, box in enumerate(row.boxes) if box.label in classifier.spec.findings]
        wanted = [
            (number, box, method) for number, box in boxes for method in (*CONTROLS, *methods)
            if (row.image, number, method) not in done
        ]
        if not wanted:
            yield []
            continue
        batch = prepare_file(index.root / row.path, classifier.spec)
        if isinstance(batch, FilmError):
            if on_film:
                on_film(f"{row.path}: {batch}")
            yield []
            continue
        maps: dict[tuple[str, str], np.ndarray] = {}
        judged = []
        for number, box, method in wanted:
            if (box.label, method) not in maps:
                maps[box.label, method] = _heatmap(classifier, batch, row.image, box.label, method)
            heatmap, grid = maps[box.label, method], Frame(size, size, size)
            found = [centre_box(size, box.label)] if method == "centre" else find_boxes(heatmap, grid, box.label)
            overlap = judge_map(heatmap, found, box.scaled(size / SIDE, size / SIDE))
            judged.append(Judged(
                row.image, str(row.patient), number, box.label, method, overlap.iobb, overlap.iou, overlap.pointed
            ))
        yield judged


def _heatmap(classifier: Classifier, batch: np.ndarray, image: str, finding: str, method: str) -> np.ndarray:
    size = classifier.spec.size
    if method == "random":  # another for each film and finding, the same in every run
        seed = int.from_bytes(hashlib.sha256(f"{image} {finding}".encode()).digest()[:4])
        return make_heatmap(random_heatmap(size, seed), sigma_px=0)
    if method == "centre":
        down, across = np.abs(np.mgrid[:size, :size] + 0.5 - size / 2)
        return (1 - np.maximum(down, across) / size).astype(np.float32)
    return make_heatmap(draw_map(classifier, batch, finding, method))


def rates(table: pd.DataFrame, *, finding: str | None = None, replicates: int = 1000) -> dict[str, tuple[Rate, ...]]:
    """Hit rates by method, of one finding or of all boxes; see `evaluation.localisation.hit_rates`."""
    rows = table if finding is None else table[table["finding"] == finding]
    told = {}
    for method, part in rows.groupby("method", sort=False):
        hits = np.concatenate([
            *([(part[name].to_numpy() > at)[:, None] for name in ("iobb", "iou") for at in THRESHOLDS]),
            part["pointed"].to_numpy(bool)[:, None],
        ], axis=1).astype(float)
        assert hits.shape[1] == len(MEASURES)
        told[str(method)] = hit_rates(hits, part["patient"].to_numpy(), replicates=replicates)
    return told


def stored_boxes(model_id: str, weights: Path) -> Path | None:
    """The judged boxes of a model: the user's own, else those shipped with its weights; None where there are none."""
    for file in (user_folder("boxes") / f"{model_id}.parquet", weights / model_id / FILE):
        if file.is_file():
            return file
    return None


class Draft:
    """Judged boxes on their way to a file: what is there when a run is killed is not judged again.

    The draft stands beside `file`, one line of JSON a box, under a first line that names model and weights.
    """

    def __init__(self, file: Path, model_id: str, digest: str) -> None:
        self._file, self._about = file, {"model": model_id, "digest": digest}
        self._draft = file.with_suffix(".draft.jsonl")
        self.judged: list[Judged] = []
        lines = self._draft.read_text().splitlines() if self._draft.is_file() else []
        if lines and json.loads(lines[0]) == self._about:
            for line in lines[1:]:
                try:
                    self.judged.append(Judged(**json.loads(line)))
                except (ValueError, TypeError):  # the last line of a run that was killed while it wrote
                    break
        file.parent.mkdir(parents=True, exist_ok=True)
        self._draft.write_text("".join(f"{json.dumps(one)}\n" for one in [self._about, *map(asdict, self.judged)]))

    @property
    def done(self) -> frozenset[tuple[str, int, str]]:
        return frozenset((one.image, one.box, one.method) for one in self.judged)

    def add(self, judged: list[Judged]) -> None:
        self.judged += judged
        with self._draft.open("a") as draft:
            draft.writelines(f"{json.dumps(asdict(one))}\n" for one in judged)

    def finish(self) -> pd.DataFrame:
        """Write the Parquet file, with model and digest in its metadata, and take the draft away."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pd.DataFrame([asdict(one) for one in self.judged])
        if table.empty:
            raise DataError("No film has a box of a finding that this model knows: there is nothing to judge.")
        held = pa.Table.from_pandas(table, preserve_index=False)
        pq.write_table(held.replace_schema_metadata({b"hilum": json.dumps(self._about).encode()}), self._file)
        self._draft.unlink()
        return table
