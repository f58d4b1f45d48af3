"""Fit the gate's classifier of chest films, or judge the gate.

    python -m cxr_core.training.chest_likeness --pictures PICTURES
    python -m cxr_core.training.chest_likeness --judge

PICTURES holds a folder for each of `gate_pictures.PACKAGES`. Chest films are the train films of NIH, of the children of
CoronaHack and of the COVID-19 adults, and a few phantoms; what they are told from are the `learn` pictures, and the
same films turned or inverted. A second head tells the films from the same films without a side. The limits let 99% of
NIH's val films pass when they are varied as other hospitals have them, and call 0.5% of them, as they are, cut short.
Writes `cxr_core/imaging/chest_likeness.npz`: components and weights, no film; prints how many `tune` pictures are
refused.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from sklearn.decomposition import PCA
from sklearn.neural_network import MLPClassifier

from cxr_core.imaging.chest_likeness import (
    FILE, Head, Likeness, describe, orientations, ranks, save_likeness, standardised,
)
from cxr_core.training import gate_films
from cxr_core.training.gate_judge import judge
from cxr_core.training.gate_pictures.learn import learn_pictures
from cxr_core.training.gate_pictures.tune import tune_pictures

PASSED = 99.0  # percent of val films, varied, that are taken for chest films
CUT = 0.5  # percent of val films, as they are, that are called cut short
_RANKS, _SHAPES, _UNITS, _CUT_UNITS, _PASSES = 32, 96, 128, 48, 14
_PICTURES, _CHILDREN, _PHANTOMS = 24_000, 1_500, 40


def fit(pictures: Path, seed: int = 0) -> Likeness:
    """Fit on train films and `learn` pictures; set the limits on val films."""
    rng = np.random.default_rng(seed)
    films = _train_films(rng)
    varied = [gate_films.vary_film(film, rng) for film in films]
    spaces = []
    for vector, count in ((ranks, _RANKS), (orientations, _SHAPES)):
        space = PCA(count, svd_solver="randomized", random_state=seed)
        space.fit(np.stack([vector(film) for film in films + varied]))
        spaces += [space.mean_.astype(np.float32), space.components_.astype(np.float32)]

    def described(films: Iterable[np.ndarray]) -> np.ndarray:
        return np.stack([describe(film, *spaces) for film in films])

    chest = described(films + varied)
    centre, spread = chest.mean(axis=0), chest.std(axis=0) + 1e-6
    others = np.concatenate([
        described(learn_pictures(pictures, films, _PICTURES, rng)),
        described(np.ascontiguousarray(np.rot90(film, 1 + place % 3)) for place, film in enumerate(varied[::2])),
        described(1 - film for film in films[::2]),
    ])
    cut = described(gate_films.cut_short(film, rng) for _ in range(2) for film in films)
    chest, others, cut = (standardised(values, centre, spread) for values in (chest, others, cut))
    heads = _fit_head(others, chest, _UNITS, 1e-2, rng), _fit_head(chest, cut, _CUT_UNITS, 0.1, rng)
    return with_limits(Likeness(*spaces, centre, spread, *heads))


def with_limits(fitted: Likeness, seed: int = 1) -> Likeness:
    """The classifier with its limits set on val films: as they are, and as other hospitals might have them."""
    rng = np.random.default_rng(seed)
    val = [_light(film) for film in gate_films.pixels(gate_films.nih_films("val"))]
    varied = [gate_films.vary_film(film, rng) for film in val for _ in range(2)]
    passed = fitted.chest.limit + np.percentile([best_score(fitted, film) for film in varied], 100 - PASSED)
    short = fitted.cut.limit + np.percentile([fitted.cut_score(film) for film in val], 100 - CUT)
    return replace(
        fitted, chest=replace(fitted.chest, limit=float(passed)), cut=replace(fitted.cut, limit=float(short))
    )


def best_score(likeness: Likeness, film: np.ndarray) -> float:
    """The score of a film as it is or inverted, whichever is higher: the gate passes both."""
    return max(likeness.chest_score(film), likeness.chest_score(1 - film))


def refused(likeness: Likeness, pictures: Iterable[tuple[str, np.ndarray]]) -> dict[str, list[bool]]:
    """Of each kind of picture, whether each is taken for no chest film."""
    told = defaultdict(list)
    for kind, picture in pictures:
        told[kind].append(best_score(likeness, picture) < 0)
    return dict(told)


def _fit_head(no: np.ndarray, yes: np.ndarray, units: int, decay: float, rng: np.random.Generator) -> Head:
    """One hidden layer that tells the described films of `yes` from those of `no`."""
    values, labels = np.concatenate([no, yes]), np.repeat([0, 1], [len(no), len(yes)])
    network = MLPClassifier((units,), alpha=decay, batch_size=512, random_state=int(rng.integers(2**31)))
    for _ in range(_PASSES):
        order = rng.permutation(len(values))
        network.partial_fit(values[order], labels[order], classes=[0, 1])
    hidden, output = network.coefs_
    return Head(hidden, network.intercepts_[0], output[:, 0], float(network.intercepts_[1][0]))


def _train_films(rng: np.random.Generator) -> list[np.ndarray]:
    children = gate_films.children("train")
    some = np.isin(np.arange(len(children)), rng.permutation(len(children))[:_CHILDREN])
    sources = gate_films.nih_films("train"), children.where(some), gate_films.covid_adults("train")
    films = [_light(film) for index in sources for film in gate_films.pixels(index)]
    return films + [_light(film) for film in gate_films.phantoms(_PHANTOMS)]


def _light(film: np.ndarray) -> np.ndarray:
    return film.astype(np.float32) / 255


def main() -> None:
    """Fit or judge, as the command line says."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--pictures", type=Path, help="folder with a folder for each package of photographs: fit")
    asked.add_argument("--judge", action="store_true", help="print what the gate says to films it never met")
    given = asked.parse_args()
    if given.pictures:
        fitted = fit(given.pictures)
        save_likeness(fitted, FILE)
        print(f"limits {fitted.chest.limit:.3f} and {fitted.cut.limit:.3f}, {FILE.stat().st_size // 1024} kB")
        told = refused(fitted, tune_pictures(given.pictures, 3000, np.random.default_rng(1)))
        print("tune:", ", ".join(f"{kind} {np.mean(of_kind):.3f}" for kind, of_kind in told.items()))
    if given.judge:
        judge()
    if not (given.pictures or given.judge):
        asked.error("Say --pictures FOLDER to fit, or --judge.")


if __name__ == "__main__":
    main()
