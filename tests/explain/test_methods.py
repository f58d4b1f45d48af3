"""The other methods: their laws, and each against its authors' own code (the saliency package)."""

from __future__ import annotations

import numpy as np
import pytest
import saliency.core as authors
from saliency.core import guided_ig as authors_guided_ig

from cxr_core.errors import ExplanationError
from cxr_core.explain.grad_cam import grad_cam
from cxr_core.explain.gradient import input_gradient
from cxr_core.explain.guided_ig import guided_ig
from cxr_core.explain.integrated_gradients import integrated_gradients
from cxr_core.explain.smooth import smooth
from cxr_core.explain.xrai import find_regions, xrai

RNG = np.random.default_rng(3)
FILM = RNG.normal(size=(12, 12, 1)).astype(np.float32)
ZERO = np.zeros_like(FILM)
WEIGHTS = RNG.normal(size=FILM.shape).astype(np.float32)
HIDDEN = RNG.normal(size=(FILM.size, 20)).astype(np.float32) / 8


def bent(film: np.ndarray) -> float:
    """A function with kinks and curves: softplus of a random layer."""
    return float(np.logaddexp(0, film.ravel() @ HIDDEN * 4).sum())


def bent_gradient(film: np.ndarray) -> np.ndarray:
    return (HIDDEN @ (4 / (1 + np.exp(-film.ravel() @ HIDDEN * 4)))).reshape(film.shape)


def bent_gradients(batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.array([[bent(film)] for film in batch]), np.stack([bent_gradient(film) for film in batch])[None]


def test_the_plain_gradient_of_a_linear_model_is_the_size_of_its_weights() -> None:
    values = input_gradient(lambda batch: (np.zeros((1, 1)), WEIGHTS[None, None]), FILM)
    np.testing.assert_allclose(values[0], np.abs(WEIGHTS[..., 0]))


def test_channels_that_hold_one_grey_count_together() -> None:
    slopes = np.stack([WEIGHTS[..., 0], -WEIGHTS[..., 0]], axis=-1)[None, None]
    assert input_gradient(lambda batch: (np.zeros((1, 1)), slopes), FILM.repeat(2, axis=-1)).max() == 0


def test_grad_cam_is_its_authors_arithmetic() -> None:
    features, slopes = RNG.normal(size=(4, 4, 7)).astype(np.float32), RNG.normal(size=(2, 4, 4, 7)).astype(np.float32)
    ours = grad_cam(features, slopes, 4)
    for finding in range(2):
        held = {authors.CONVOLUTION_LAYER_VALUES: features[None],
                authors.CONVOLUTION_OUTPUT_GRADIENTS: slopes[finding][None]}
        theirs = authors.GradCam().GetMask(
            FILM, lambda *given, held=held, **named: held, should_resize=False, three_dims=False
        )
        np.testing.assert_allclose(ours[finding], theirs, atol=1e-5)


def test_grad_cam_keeps_a_lone_active_cell_in_its_place() -> None:
    features = np.zeros((4, 4, 1), np.float32)
    features[1, 2] = 1
    (values,) = grad_cam(features, np.ones((1, 4, 4, 1), np.float32), 64)
    down, across = np.unravel_index(values.argmax(), values.shape)
    assert 16 <= down < 32 and 32 <= across < 48


@pytest.mark.parametrize("max_distance", [0.02, 0.2, 1.0])
@pytest.mark.parametrize("fraction", [0.1, 0.25])
def test_guided_ig_is_its_authors(max_distance: float, fraction: float, monkeypatch: pytest.MonkeyPatch) -> None:
    quantile = np.quantile  # its keyword was renamed since they wrote
    monkeypatch.setattr(np, "quantile", lambda values, at, interpolation=None, method=None: quantile(
        values, at, method=interpolation or method))
    ours = guided_ig(bent_gradient, FILM, ZERO, steps=24, fraction=fraction, max_distance=max_distance)
    theirs = authors_guided_ig.guided_ig_impl(FILM, ZERO, bent_gradient, 24, fraction, max_distance).sum(axis=-1)
    np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4)


def test_guided_ig_is_complete_and_exact_on_a_linear_model() -> None:
    linear = guided_ig(lambda film: WEIGHTS, FILM, ZERO, steps=5)
    np.testing.assert_allclose(linear, (FILM * WEIGHTS)[..., 0], rtol=1e-4)
    whole = bent(FILM) - bent(ZERO)
    assert guided_ig(bent_gradient, FILM, ZERO, steps=200).sum() == pytest.approx(whole, rel=0.02)


def test_guided_ig_without_freedom_is_integrated_gradients() -> None:
    straight = integrated_gradients(bent_gradients, FILM, ZERO[None], steps=512, tolerance=0).values[0]
    guided = guided_ig(bent_gradient, FILM, ZERO, steps=512, max_distance=0.0, fraction=1.0)
    np.testing.assert_allclose(guided, straight, atol=0.02 * np.abs(straight).max())


def test_a_film_that_is_its_baseline_gets_an_empty_map() -> None:
    assert not guided_ig(bent_gradient, FILM, FILM).any()


def test_smoothgrad_without_noise_is_the_map_itself_and_its_square_the_square() -> None:
    def attribute(film: np.ndarray) -> np.ndarray:
        return integrated_gradients(bent_gradients, film, ZERO[None], steps=8, tolerance=0).values

    np.testing.assert_allclose(list(smooth(attribute, FILM, samples=2, spread=0))[-1], attribute(FILM), rtol=1e-5)
    squared = list(smooth(attribute, FILM, samples=2, spread=0, squared=True))[-1]
    np.testing.assert_allclose(squared, attribute(FILM) ** 2, rtol=1e-5)


def test_smoothgrad_of_a_linear_model_goes_to_its_map_as_one_over_the_root_of_the_samples() -> None:
    def attribute(film: np.ndarray) -> np.ndarray:
        return (film * WEIGHTS)[None, ..., 0]

    errors = [np.abs(last - attribute(FILM)).mean() for last in smooth(attribute, FILM, samples=400, spread=0.3)]
    assert errors[399] < errors[24] * 0.5 < errors[0] * 0.25


def test_smoothgrad_squared_of_a_linear_model_is_its_closed_form() -> None:
    spread = 0.3
    sigma = spread * float(FILM.max() - FILM.min())
    *_, last = smooth(lambda film: (film * WEIGHTS)[None, ..., 0], FILM, samples=4000, spread=spread, squared=True)
    truth = (WEIGHTS**2 * (FILM**2 + sigma**2))[..., 0]  # the mean of (w (x + noise))^2
    assert np.linalg.norm(last[0] - truth) / np.linalg.norm(truth) < 0.05


def test_xrai_is_its_authors_given_the_same_regions() -> None:
    values = RNG.normal(size=(48, 48)).astype(np.float32)
    values[10:20, 10:20] += 3
    regions = [RNG.random((48, 48)) < share for share in (0.1, 0.3, 0.5)]
    regions += [np.zeros((48, 48), bool) for _ in range(8)]
    for number, region in enumerate(regions[3:]):
        region[5 * number:5 * number + 14, 3 * number:3 * number + 20] = True
    theirs, _ = authors.XRAI._xrai(values, regions)
    np.testing.assert_allclose(xrai(values, np.stack(regions)), theirs, atol=1e-4)


def test_xrai_keeps_the_sum_and_puts_a_bright_region_first() -> None:
    film = np.zeros((96, 96), np.float32)
    film[20:60, 30:70] = 1
    regions = find_regions(film)
    values = np.where(film > 0, 1.0, 0.01).astype(np.float32)
    ranked = xrai(values, regions)
    assert ranked.sum() == pytest.approx(values.sum(), rel=1e-3)
    assert ranked[25:55, 35:65].min() > 3 * ranked[80:].max()


def test_regions_are_those_of_the_authors_on_a_film() -> None:
    from saliency.core.xrai import _get_segments_felzenszwalb

    from cxr_core.imaging.phantom import make_phantom
    from cxr_core.imaging.read import read_radiograph

    film = read_radiograph(make_phantom(224)).display().astype(np.float64)
    ours, theirs = find_regions(film), _get_segments_felzenszwalb(film[..., None].repeat(3, axis=-1))
    assert abs(len(ours) - len(theirs)) <= 0.25 * len(theirs)
    best = [max((one & other).sum() / (one | other).sum() for other in ours) for one in theirs]
    assert np.median(best) > 0.6


def test_a_gradient_that_is_no_number_is_an_error_in_words() -> None:
    nan = np.full_like(FILM, np.nan)
    for broken in (
        lambda: input_gradient(lambda batch: (np.zeros((1, 1)), nan[None, None]), FILM),
        lambda: guided_ig(lambda film: nan, FILM, ZERO),
        lambda: grad_cam(nan, nan[None], 12),
    ):
        with pytest.raises(ExplanationError, match="not a number"):
            broken()
