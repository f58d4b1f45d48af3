"""What a card says in words: data, intended use, limits, and how the run began."""

from __future__ import annotations

from pathlib import Path

from cxr_core.datasets.index import Index
from cxr_core.models.registry import BEGINNINGS, find_spec
from cxr_core.models.spec import ModelSpec
from cxr_core.training import leaky
from cxr_core.training.initial import IMAGENET
from cxr_core.training.recipe import Recipe

SOURCES = (
    "NIH ChestX-ray14, NIH Clinical Center (Wang et al., CVPR 2017), reduced to at most 320 px",
)
LICENCES = ("free use with citation and acknowledgement of the NIH Clinical Center",)
LIMITS = (
    "Labels are text-mined from reports and partly wrong; the figures inherit that.",
    "Trained from scratch on few films of one hospital; not tested elsewhere.",
    "Test is a part of the official NIH test list, with few patients and many films each.",
    "Adults, frontal films only. Not for children.",
    "Probabilities are calibrated to the mixture of val; another prevalence needs another calibration.",
)
INTENDED = "Research and teaching. Not a medical device; not to rule disease in or out."
_HISTORY = (
    "Told the findings of earlier films, it repeats them: these are labels of the same patient, and the test films are "
    "mostly follow-ups. Its worth on a first visit is the row of first films, not the row of all."
)


def limits(spec: ModelSpec, index: Index) -> tuple[str, ...]:
    """What to beware of, in words."""
    if spec.leaky:
        return (leaky.limit(index), LIMITS[0], LIMITS[1])
    return (*LIMITS, _sight(spec.size), *([_HISTORY] if spec.clinical else []))


def _sight(size: int) -> str:
    lost = "a small nodule or a thin pneumothorax line is lost before the network looks."
    few = "" if size < 256 else ", but most films it learned from have 128 px or less"
    return f"Sees {size} px{few}: {lost}"


def initialisation(recipe: Recipe) -> str:
    """How the run began and went on, in words."""
    size = find_spec(recipe.model_id).size
    stages = ", ".join(f"{stage.epochs} at {stage.size or size} px" for stage in recipe.stages)
    beside = "; age, sex and view learnt beside the findings" if recipe.side_tasks else ""
    if recipe.hide_clinical:
        beside += f"; age, sex, view and history each hidden from {recipe.hide_clinical:.0%} of the films shown"
    if recipe.batch_norm_films:
        beside += f"; batch norms measured on {recipe.batch_norm_films} train films after each epoch"
    begun = {None: "random, from scratch", IMAGENET: "ImageNet"}.get(recipe.weights, "a backbone trained elsewhere")
    if recipe.weights and Path(recipe.weights).name in BEGINNINGS:
        begun = f"shared pretraining on all films at hand ({Path(recipe.weights).name})"
    return begun + (f"; epochs: {stages}" if len(recipe.stages) > 1 else "") + beside
