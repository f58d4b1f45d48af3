"""The map: the same each time, neighbours near, and known for what it is when it is opened again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny_training

from cxr_core.errors import DataError
from cxr_core.similar.layout import FILE, choose_dots, inside, lay_out, lay_out_and_keep, load_layout
from cxr_core.similar.tensors import Origin
from cxr_core.similar.vectors import FilmVectors, to_unit

ORIGIN = Origin("resnet18-128-nih14", "a" * 64, "b" * 64, "d" * 64)


def in_groups(films: int = 120) -> tuple[FilmVectors, np.ndarray]:
    """Vectors of films of three kinds, and the kind of each place."""
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 3, films)
    features = rng.normal(0, 1, (3, 40))[kind] * 3 + rng.normal(0, 1, (films, 40))
    vectors = to_unit(features, features.mean(axis=0), None)
    return FilmVectors(ORIGIN, np.arange(films), vectors.astype(np.float32), np.zeros(40, np.float32)), kind


def test_films_of_a_kind_lie_together_and_the_map_is_the_same_each_time() -> None:
    vectors, kind = in_groups()
    one, other = lay_out(vectors), lay_out(vectors)
    np.testing.assert_array_equal(one.xy, other.xy)
    apart = np.linalg.norm(one.xy[:, None] - one.xy[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    assert (kind[apart.argmin(axis=1)] == kind).mean() > 0.95
    assert np.abs(one.xy).max() == pytest.approx(1) and "t-SNE" in one.method and one.laid.all()


def test_of_many_films_some_are_laid_out_by_chance_and_the_others_lie_among_their_kind() -> None:
    vectors, kind = in_groups(400)
    steps: list[tuple[int, int]] = []
    told = lay_out(vectors, most=90, on_step=lambda *step: steps.append(step))
    assert len(told) == 400 and told.laid.sum() == 90 and steps[-1] == (310, 310)
    np.testing.assert_array_equal(told.xy, lay_out(vectors, most=90).xy)
    apart = np.linalg.norm(told.xy[~told.laid][:, None] - told.xy[told.laid][None], axis=2)
    assert (kind[told.laid][apart.argmin(axis=1)] == kind[~told.laid]).mean() > 0.95
    assert np.abs(told.xy).max() <= 1 and len(np.unique(told.xy, axis=0)) == 400  # no dot hides another


def test_the_films_that_are_wanted_have_a_dot_before_all_others() -> None:
    told = lay_out(in_groups(300)[0], most=60)
    wanted = np.zeros(300, bool)
    rare = np.flatnonzero(~told.laid)[:7]
    wanted[rare] = True
    dots = choose_dots(told, wanted, most=60)
    assert len(dots) == len(set(dots)) == 60 and set(rare) < set(dots)
    assert told.laid[np.setdiff1d(dots, rare)].all()
    many = np.ones(300, bool)
    np.testing.assert_array_equal(choose_dots(told, many, most=60), np.flatnonzero(told.laid))
    many[:100] = False
    assert many[choose_dots(told, many, most=60)].all() and len(choose_dots(told, many, most=999)) == 300


def test_a_lasso_holds_what_lies_inside_it() -> None:
    xy = np.random.default_rng(3).uniform(-1, 1, (4000, 2))
    angles = np.linspace(0, 2 * np.pi, 180, endpoint=False)
    circle = np.column_stack([0.2 + 0.5 * np.cos(angles), 0.5 * np.sin(angles)])
    distance = np.hypot(xy[:, 0] - 0.2, xy[:, 1])
    sure = np.abs(distance - 0.5) > 1e-3
    np.testing.assert_array_equal(inside(xy, circle)[sure], (distance < 0.5)[sure])
    hollow = [(-1, -1), (1, -1), (1, 1), (0, 0), (-1, 1)]  # a wedge is cut out at the top
    np.testing.assert_array_equal(inside(np.array([[0, 0.5], [0, -0.5], [0.9, 0.5], [2, 0]]), hollow),
                                  [False, True, True, False])


@pytest.mark.parametrize("films", [1, 2, 12])
def test_few_films_are_laid_out_without_t_sne(films: int) -> None:
    told = lay_out(in_groups(films)[0])
    assert told.xy.shape == (films, 2) and np.isfinite(told.xy).all() and "t-SNE" not in told.method


def test_a_stored_map_is_of_its_films_in_any_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXR_HOME", str(tmp_path / "home"))
    films = tiny_training.draw_films(tmp_path)
    origin = replace(ORIGIN, films=films.digest())
    vectors = replace(in_groups()[0], origin=origin)
    assert load_layout(films, origin) is None
    made = lay_out_and_keep(films, vectors)
    mixed = np.random.default_rng(1).permutation(120)
    back = load_layout(films.take(mixed), origin)
    assert back.method == made.method and back.laid.all()
    by_film = dict(zip(films.table["image"].iloc[made.places], made.xy.tolist(), strict=True))
    told = films.take(mixed).table["image"].iloc[back.places]
    assert dict(zip(told, back.xy.tolist(), strict=True)) == by_film
    (origin.folder / FILE).write_bytes(b"no map")
    with pytest.raises(DataError, match="damaged"):
        load_layout(films, origin)
