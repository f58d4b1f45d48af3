"""The use case of localisation: films on which readers drew boxes in, judged maps of every method out."""

from __future__ import annotations

import hashlib
import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cxr_core.datasets.boxes import SIDE
from cxr_core.errors import FilmError
from cxr_core.evaluation.judged_boxes import Judged
from cxr_core.evaluation.localisation import CONTROLS, centre_box, judge_map
from cxr_core.evaluation.scoring import prepare_file
from cxr_core.explain.boxes import find_boxes
from cxr_core.explain.faithfulness import random_heatmap
from cxr_core.explain.heatmap import make_heatmap
from cxr_core.explain.known_paths import KnownPaths
from cxr_core.geometry import Frame
from cxr_core.methods import draw_map

if TYPE_CHECKING:
    from cxr_core.datasets.index import Index
    from cxr_core.models.classifier import Classifier

AT_ONCE = 2  # films in work


def judge_films(
    classifier: Classifier, index: Index, methods: tuple[str, ...], *,
    done: frozenset[tuple[str, int, str]] = frozenset(), on_film: Callable[[str], None] | None = None,
) -> Iterator[list[Judged]]:
    """Draw the maps of every film with boxes, and judge each against what readers drew; a list a film.

    Two films are in work at once: what one method does outside the network, the other film's network fills. A film is
    decoded once, and methods that integrate the same path share it.

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
    stop, rows = threading.Event(), index.table.itertuples()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting: deque[Future[list[Judged] | FilmError]] = deque()
        paths: deque[str] = deque()

        def begin(most: int) -> None:
            for row in itertools.islice(rows, most):
                paths.append(row.path)
                waiting.append(pool.submit(_judge_film, classifier, index.root, row, methods, done, stop))

        try:
            begin(AT_ONCE)
            while waiting:
                judged, path = waiting.popleft().result(), paths.popleft()
                begin(1)
                if isinstance(judged, FilmError):
                    if on_film:
                        on_film(f"{path}: {judged}")
                    judged = []
                yield judged
        finally:  # Ctrl-C or an error: what is in work ends with its next step
            stop.set()
            for one in waiting:
                one.cancel()


class _Stopped(Exception):
    """Nobody waits for this film any more."""


def _judge_film(
    classifier: Classifier, root: Path, row: Any, methods: tuple[str, ...], done: frozenset[tuple[str, int, str]],
    stop: threading.Event,
) -> list[Judged] | FilmError:
    """All that is wanted of one film, or why it cannot be read."""
    wanted = [
        (number, box, method) for number, box in enumerate(row.boxes) if box.label in classifier.spec.findings
        for method in (*CONTROLS, *methods) if (row.image, number, method) not in done
    ]
    if not wanted:
        return []
    batch = prepare_file(root / row.path, classifier.spec)
    if isinstance(batch, FilmError):
        return batch

    def told(done: int, most: int) -> None:
        if stop.is_set():
            raise _Stopped

    size, maps, known = classifier.spec.size, {}, KnownPaths()
    grid, judged = Frame(size, size, size), []
    for number, box, method in wanted:
        if (box.label, method) not in maps:
            told(0, 1)
            maps[box.label, method] = _heatmap(size, row.image, box.label, method) if method in CONTROLS else (
                make_heatmap(draw_map(classifier, batch, box.label, method, on_step=told, known=known))
            )
        heatmap = maps[box.label, method]
        found = [centre_box(size, box.label)] if method == "centre" else find_boxes(heatmap, grid, box.label)
        overlap = judge_map(heatmap, found, box.scaled(size / SIDE, size / SIDE))
        judged.append(Judged(
            row.image, str(row.patient), number, box.label, method, overlap.iobb, overlap.iou, overlap.pointed
        ))
    return judged


def _heatmap(size: int, image: str, finding: str, control: str) -> np.ndarray:
    if control == "random":  # another for each film and finding, the same in every run
        seed = int.from_bytes(hashlib.sha256(f"{image} {finding}".encode()).digest()[:4])
        return make_heatmap(random_heatmap(size, seed), sigma_px=0)
    down, across = np.abs(np.mgrid[:size, :size] + 0.5 - size / 2)
    return (1 - np.maximum(down, across) / size).astype(np.float32)
