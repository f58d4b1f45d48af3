"""What a click on the Dataset page waits for at 112,120 films: neighbours, counts, places, each figure.

    python -m cxr_core bench dataset

The films are the shipped counts written out film by film, patients and vectors drawn by chance: no data set is needed.
Milliseconds of the clock, median of twenty, beside those of the processor: on a machine that others use, these are
ours. The browser's own drawing is not in them.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from cxr_core.datasets.collection import Collection
from cxr_core.datasets.counts import Selection, count
from cxr_core.datasets.groups import Group, measures_of_counts, patients_of
from cxr_core.datasets.index import Index
from cxr_core.datasets.patients import films_of, films_per_patient, list_patients
from cxr_core.datasets.picked import Picked
from cxr_core.datasets.report import DataReport
from cxr_core.datasets.summary import BAND, UNKNOWN, load_summary
from cxr_core.datasets.trouble import measures
from cxr_core.datasets.weighted_draw import draw_shares
from cxr_core.evaluation.shift import compare_counts, compare_groups
from cxr_core.render import dataset_figures as figures
from cxr_core.render.draw_figures import draw_films_per_patient, draw_shares_drawn
from cxr_core.render.map_figure import draw_map
from cxr_core.render.trait_figures import draw_shifts
from cxr_core.similar.layout import MOST, Layout, choose_dots, inside
from cxr_core.similar.neighbours import COUNT, count_labels, find_similar
from cxr_core.similar.tensors import Origin
from cxr_core.similar.vectors import WIDTH, FilmVectors

TIMES = 20
NEAREST, CLICK = 100, 300  # ms: what neighbours, and what a figure after a click, may take
_ASKED = Selection(any_of=("Effusion", "Mass"), age=(40, 80), view="AP")


def main() -> None:
    """Print what each takes, and whether it is under its bar."""
    films = written_out()
    print(f"{len(films):,} films of {films.summary.patients:,} patients, median of {TIMES}; ms of the clock and of the "
          "processor, and the bar:")
    for what, bar, run in steps(films):
        clock, ours = _time(run)
        print(f"  {what:58}{clock:9.1f}{ours:9.1f}   {'under' if clock <= bar else 'OVER'} {bar}", flush=True)


def written_out() -> Collection:
    """A collection of the shipped counts: a row for every film, patients drawn with as many films as NIH's have."""
    summary, rng = load_summary(), np.random.default_rng(0)
    traits = summary.cube.loc[summary.cube.index.repeat(summary.cube["films"])].drop(columns="films")
    traits = traits.sample(frac=1, random_state=0).reset_index(drop=True)
    each = np.repeat(list(summary.films_per_patient), list(summary.films_per_patient.values()))
    patients = rng.permutation(np.repeat(np.arange(len(each)), each))
    names = np.array([f"{patient:08d}_{number:06d}.png" for number, patient in enumerate(patients)], object)
    kinds, of = np.unique(traits["findings"], return_inverse=True)
    words = ["|".join(name for bit, name in enumerate(summary.findings) if kind >> bit & 1) or summary.none
             for kind in kinds]
    age = traits["age"].to_numpy(float)
    table = pd.DataFrame({
        "path": names, "image": names, "patient": patients.astype(str), "follow_up": traits["follow_up"].astype(int),
        "age": np.where(age == UNKNOWN, np.nan, age + rng.integers(0, BAND, len(age))), "sex": traits["sex"],
        "view": traits["view"], "labels": np.array(words, object)[of], "split": traits["split"],
        "boxes": [()] * len(names), "original_width": rng.integers(1500, 3100, len(names)),
    })
    for column in ("sex", "view", "labels", "split"):
        table[column] = table[column].astype("category")
    for column in ("sex", "view", "split"):
        traits[column] = traits[column].astype("category")
    return Collection(Index(Path("."), table, summary.label_version), traits, summary, DataReport())


def steps(films: Collection) -> Iterator[tuple[str, int, Callable[[], object]]]:
    """What is timed: its name, its bar in ms, and the work."""
    rng = np.random.default_rng(1)
    drawn = rng.normal(size=(len(films), WIDTH)).astype(np.float32)
    drawn /= np.sqrt(np.einsum("ij,ij->i", drawn, drawn))[:, None]
    vectors = FilmVectors(Origin("", "", "", ""), np.arange(len(films)), drawn, np.zeros(WIDTH, np.float32))
    near = vectors.nearest(drawn[7], COUNT).places
    patient = films.index.table["patient"].iloc[7]
    yield f"the {COUNT} nearest of all, {WIDTH} numbers a film", NEAREST, lambda: vectors.nearest(drawn[7], COUNT)
    yield "the same without the patient's own", NEAREST, lambda: find_similar(films, vectors, 7)
    yield "labels of the neighbours", NEAREST, lambda: count_labels(films, near, 7)
    yield "all films of a patient", NEAREST, lambda: films_of(films, patient)

    whole, places = count(films.summary), films.places(_ASKED)
    selected = count(films.summary, _ASKED.kinds(films.summary))
    yield "counts of a selection", CLICK, lambda: count(films.summary, _ASKED.kinds(films.summary))
    yield "films of a selection", CLICK, lambda: films.places(_ASKED)
    picked = Selection(picked=Picked.of(np.sort(rng.choice(len(films), len(films) // 20, replace=False))))
    yield f"counts of {len(films) // 20:,} picked films", CLICK, lambda: count(films.summary_of(picked))
    yield "patients of a selection", CLICK, lambda: list_patients(films, places)

    yield "figure: films per finding", CLICK, lambda: figures.draw_findings(selected, whole)
    for measure in figures.MEASURES:
        yield f"figure: matrix by {measure}", CLICK, lambda measure=measure: figures.draw_together(
            selected, whole, measure)
    yield "figure: age and sex", CLICK, lambda: figures.draw_ages(selected, whole)
    yield "figure: findings on a film", CLICK, lambda: figures.draw_per_film(selected, whole)
    yield "figure: views", CLICK, lambda: figures.draw_views(selected, whole)
    yield "figure: films of a patient, counted too", CLICK, lambda: draw_films_per_patient(
        films_per_patient(films, places), films.summary.films_per_patient)
    for by in ("", "age"):
        yield f"figure: weighted draw{f' by {by}' if by else ''}, drawn too", CLICK, lambda by=by: draw_shares_drawn(
            draw_shares(films.summary, _ASKED.kinds(films.summary), drawn=5000, by=by))
    widths = films.index.table["original_width"].to_numpy(float)
    yield "figure: original widths", CLICK, lambda: figures.draw_spread(widths[places], widths, "px")

    laid = Layout(np.arange(len(films)), rng.uniform(-1, 1, (len(films), 2)).astype(np.float32),
                  rng.permutation(len(films)) < MOST, "drawn by chance")
    corners = np.column_stack([np.cos(np.linspace(0, 6, 120)), np.sin(np.linspace(0, 6, 120))]) / 2
    yield "figure: map", CLICK, lambda: _map(films, laid, places)
    yield "films in a lasso of 120 corners", CLICK, lambda: inside(laid.xy, corners)
    one, other = Group(films, places), Group(films, np.setdiff1d(np.arange(len(films)), places))
    yield "figure: side by side with the rest, tested too", CLICK, lambda: draw_shifts(compare_groups(
        measures(films, one.places), measures(films, other.places), patients_of(one, other)))
    kinds = _ASKED.kinds(films.summary)
    yield "figure: side by side by counts", CLICK, lambda: draw_shifts(_by_counts(films, kinds))


def _map(films: Collection, laid: Layout, places: np.ndarray) -> object:
    wanted = np.isin(laid.places, places)
    dots = choose_dots(laid, wanted)
    labels = films.index.table["labels"].iloc[dots].astype(str).to_numpy()
    has = np.where([text.startswith("Effusion") for text in labels], "Effusion", "without Effusion")
    return draw_map(laid.places[dots], laid.xy[dots], has, labels, wanted[dots])


def _by_counts(films: Collection, kinds: np.ndarray) -> list:
    (first, of), (second, others) = (measures_of_counts(films.summary, one) for one in (kinds, ~kinds))
    return compare_counts(first, second, (of, others))


def _time(run: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds of the clock and of the processor, medians; once before, for what is made at first use."""
    run()
    told = []
    for _ in range(TIMES):
        clock, ours = time.perf_counter(), time.process_time()
        run()
        told.append((time.perf_counter() - clock, time.process_time() - ours))
    return tuple(1000 * statistics.median(one) for one in zip(*told, strict=True))
