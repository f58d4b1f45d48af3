"""How many films a second reach the network at 299 px: from image files, from TFRecords, from a cache, from memory.

    python -m cxr_core bench films DIR

Draw, augmentation and pipeline are the trainer's. DIR holds a data set; some of its films are written as TFRecords of
600 px and as a cache to a folder that is deleted afterwards. Read the ratios: seconds do not travel.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

from cxr_core.datasets.sources import read_folder
from cxr_core.datasets.tfrecords import read_tfrecords
from cxr_core.models.registry import find_spec
from cxr_core.training.films import TrainingFilms
from cxr_core.training.pipeline import Films, Storage, feed, open_films
from cxr_core.training.recipes import find_recipe
from cxr_core.training.tfrecord_writer import write_tfrecords

MODEL = "inceptionv3-299-nih15"


def main(folder: Path, count: int = 512) -> None:
    """Print films a second of each way, over `count` films of the data set in `folder`."""
    index = read_folder(folder).index
    index = index.take(np.sort(np.random.default_rng(0).permutation(len(index))[:count]))
    size = find_spec(MODEL).size
    with tempfile.TemporaryDirectory() as scratch:
        write_tfrecords(index, Path(scratch, "records"), shards=4)
        records, _ = read_tfrecords(Path(scratch, "records"))
        print(f"{len(index)} films at {size} px, augmented as for {MODEL}, films a second:")
        for name, films in (
            ("image files", open_films(index, size, Storage("disk"))),
            ("TFRecords of 600 px", open_films(records, size, Storage("disk"))),
            ("cache", open_films(index, size, Storage("disk", Path(scratch, "cache")))),
            ("memory", open_films(index, size, Storage("memory"))),
        ):
            print(f"  {name}: {films_per_second(films):.0f}")


def films_per_second(films: Films) -> float:
    """Films a second through the pipeline, its first batches left out."""
    spec, recipe = find_spec(MODEL), find_recipe(MODEL)
    targets = np.ones((len(films), 1), np.float32)
    batches = TrainingFilms(films, (targets,), spec, recipe, recipe.stages[-1], epochs=1)
    fed = iter(feed(batches))
    for _ in range(4):
        next(fed)
    began, seen = time.perf_counter(), 0
    for _, (batch, _) in zip(range(max(4, 2 * len(films) // recipe.batch)), fed, strict=False):
        seen += len(batch)
    return seen / (time.perf_counter() - began)
