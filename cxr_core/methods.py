"""One name for each way to explain a finding, and one call that draws its map for any model."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import cv2
import numpy as np

from cxr_core.errors import ExplanationError, UnknownFinding
from cxr_core.explain.baselines import each_of, make_baselines
from cxr_core.explain.grad_cam import grad_cam
from cxr_core.explain.gradient import input_gradient
from cxr_core.explain.guided_ig import guided_ig
from cxr_core.explain.integrated_gradients import integrated_gradients
from cxr_core.explain.known_paths import KnownPaths
from cxr_core.explain.smooth import smooth
from cxr_core.explain.xrai import find_regions, xrai
from cxr_core.imaging.prepare import ends

if TYPE_CHECKING:
    from cxr_core.models.classifier import Classifier

METHODS = {
    "ig": "Integrated Gradients",
    "smooth_ig": "Integrated Gradients, SmoothGrad",
    "smooth_ig_squared": "Integrated Gradients, SmoothGrad squared",
    "guided_ig": "Guided Integrated Gradients",
    "xrai": "XRAI",
    "grad_cam": "Grad-CAM",
    "gradient": "Gradient",
    "attention": "The network's own attention",
}
SHORT = {  # where there is little room
    "ig": "IG", "smooth_ig": "SmoothGrad", "smooth_ig_squared": "SmoothGrad²", "guided_ig": "Guided IG",
    "xrai": "XRAI", "grad_cam": "Grad-CAM", "gradient": "Gradient", "attention": "Attention",
}
SIGNED = ("ig", "smooth_ig", "guided_ig", "xrai", "gradient")  # what speaks against a finding is negative in their maps
STEPS = 32  # gradient evaluations of a path: an error of .05 to .08 against 300 (relative L2)
SAMPLES = 6  # noisy films of a SmoothGrad
SMOOTH_STEPS = 16  # of each of them
OnStep = Callable[[int, int], None]


def methods_of(classifier: Classifier) -> tuple[str, ...]:
    """The methods that a model can be explained by: Grad-CAM and attention ask for what not every network has."""
    lacks = {"attention": not classifier.has_attention, "grad_cam": not classifier.has_features}
    return tuple(name for name in METHODS if not lacks.get(name))


def draw_map(
    classifier: Classifier, batch: np.ndarray, finding: str, method: str = "ig", *, baseline: str = "black",
    steps: int = STEPS, samples: int = SAMPLES, on_step: OnStep | None = None, known: KnownPaths | None = None,
) -> np.ndarray:
    """Explain one finding of one film.

    Parameters
    ----------
    batch : ndarray of shape (1, size, size, channels), float32
        What the network sees, made by `prepare`.
    method : str
        One of METHODS.
    baseline : str
        Where the paths begin; see `explain.baselines`.
    steps : int
        Gradient evaluations of a path; SmoothGrad's are fixed.
    samples : int
        Noisy films of a SmoothGrad.
    on_step : callable, optional
        Called with (steps done, steps in all).
    known : KnownPaths, optional
        What was integrated before; what is new is added. Methods that are given the same share their work: XRAI hands
        out Integrated Gradients' own map, both SmoothGrads sum the same noisy films, and "all" baselines hold each.

    Returns
    -------
    ndarray of shape (size, size), float32
        Attribution to each place, in units of the logit; "gradient", "grad_cam" and "attention" have their own.

    Raises
    ------
    ExplanationError
        When there is no such method, the model has no attention, or a gradient is not a number.
    UnknownFinding
        When the model has no such finding.
    """
    if method not in METHODS:
        raise ExplanationError(f"There is no method {method!r}. Choose one of: {', '.join(METHODS)}.")
    film, spec = batch[0], classifier.spec
    if finding not in spec.findings:
        raise UnknownFinding(f"{spec.id} has no finding {finding!r}. Choose one of: {', '.join(spec.findings)}.")
    column = (spec.findings.index(finding),)
    told, paths = on_step or (lambda done, most: None), KnownPaths() if known is None else known

    def gradients(films: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        paths.taken += len(films)
        return classifier.gradients(films, column)

    def path(one: np.ndarray, steps: int) -> np.ndarray:
        maps, begins = [], each_of(baseline)
        for name in begins:
            (before,) = paths.find((classifier.identity, (finding,), "logit"), one, name)
            if steps not in before.wholes:  # of a noisy film the nodes are no other method's, and are not kept
                before.wholes[steps] = integrated_gradients(
                    gradients, one, make_baselines(one, ends(spec), name), steps=steps, tolerance=0,
                    on_step=partial(step, len(maps), len(begins)) if one is film else None,
                    outputs=lambda films: classifier.outputs(films, column),
                    known=[before.nodes] if one is film else None,
                ).values
            maps.append(before.wholes[steps])
        return np.mean(maps, axis=0, dtype=np.float64).astype(np.float32)

    def step(before: int, of: int, done: int, most: int) -> None:
        told(before * most + done, of * most)

    if method in ("ig", "xrai"):
        values = path(film, steps)[0]
        step(0, len(each_of(baseline)), len(each_of(baseline)) * steps, steps)
        return values if method == "ig" else xrai(values, find_regions(film[..., 0]))
    if method.startswith("smooth_ig"):
        squared = method.endswith("squared")
        values = np.zeros(())
        noisy = smooth(lambda one: path(one, SMOOTH_STEPS), film, samples=samples, squared=squared)
        for done, values in enumerate(noisy, 1):
            told(done * SMOOTH_STEPS, samples * SMOOTH_STEPS)
        return values[0]
    if method == "guided_ig":
        start = make_baselines(film, ends(spec), baseline)[0]
        return guided_ig(lambda one: gradients(one[None])[1][0, 0], film, start, steps=steps, on_step=told)
    if method == "gradient":
        return input_gradient(gradients, film)[0]
    if method == "grad_cam":
        maps, slopes = classifier.features(batch, column)
        return grad_cam(maps[0], slopes[:, 0], spec.size)[0]
    attention = classifier.attention(batch)
    if attention is None:
        raise ExplanationError(f"{spec.title} has no attention map of its own. Choose another method.")
    return cv2.resize(attention[0], (spec.size, spec.size), interpolation=cv2.INTER_LINEAR)
