"""What a card says in words: data, intended use, limits, and how the run began."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from cxr_core.datasets.index import Index
from cxr_core.datasets.sources import TITLES
from cxr_core.models.card import Begun, Card, Sources
from cxr_core.models.registry import BEGINNINGS, find_spec
from cxr_core.models.spec import ModelSpec
from cxr_core.training import leaky
from cxr_core.training.as_published import beginnings
from cxr_core.training.overrides import changes
from cxr_core.training.patients import ELSEWHERE, begun_from
from cxr_core.training.recipe import IMAGENET, Recipe
from cxr_core.training.recipes import RECIPES
from cxr_core.training.record import read_recipe

SOURCES = Sources(
    ("NIH ChestX-ray14, NIH Clinical Center (Wang et al., CVPR 2017), reduced to at most 320 px",),
    ("free use with citation and acknowledgement of the NIH Clinical Center",),
)
OTHERS = Sources(  # children's and COVID-19 films
    ("CoronaHack chest X-ray set; its images here are those of Kermany et al. 2018 (Mendeley Data)",
     "COVID-19 image repository, Hannover Medical School, and 8 films of covid-chestxray-dataset"),
    ("CC BY 4.0", "CC BY 3.0, CC BY 4.0, CC BY"),
)
LIMITS = (
    "Labels are text-mined from reports and partly wrong; the figures inherit that.",
    "Trained from scratch on few films of one hospital; not tested elsewhere.",
    "Test is a part of the official NIH test list, with few patients and many films each.",
    "Adults, frontal films only. Not for children.",
    "Probabilities are calibrated to the mixture of val; another prevalence needs another calibration.",
)
PRETRAINED = (
    "Trained on few films of one hospital, after a pretraining that saw children's and COVID-19 films of others beside "
    "them; not tested elsewhere."
)
LABEL_FILES = {"2017": "Data_Entry_2017", "2020": "Data_Entry_2017_v2020"}
INTENDED = "Research and teaching. Not a medical device; not to rule disease in or out."
_RUNS = Path("runs")  # where `train` puts a run that is given no folder
_PARTS_OF_TEST = ("test natural", "test picked")
HISTORY = (
    "Told the findings of earlier films, it repeats them: these are labels of the same patient, and the test films are "
    "mostly follow-ups. Its worth on a first visit is the row of first films, not the row of all."
)


def sources(data: str, begun: Sequence[Begun] = ()) -> Sources:
    """Where the films are from: the reduced NIH set, or the folder `data` of the user's own, and those of `begun`."""
    own = Sources((f"the films of {data}",), ("that of these films",)) if data else SOURCES
    if not _is_pretrained(begun):
        return own
    alone = tuple(f"{one}; in the pretraining alone" for one in OTHERS.sources)
    return joined([own, SOURCES, Sources(alone, OTHERS.licences)])


def joined(parts: Sequence[Sources]) -> Sources:
    """The sources of several sets of films, each once, with its licence beside it."""
    each = dict.fromkeys(pair for one in parts for pair in zip(one.sources, one.licences, strict=True))
    return Sources(*map(tuple, zip(*each, strict=True)))


def _is_pretrained(begun: Sequence[Begun]) -> bool:
    return any(one.recipe in BEGINNINGS for one in begun)


def label_version(index: Index, data: str) -> str:
    """Which label file the labels are of: as its content told, the reduced set's own, or that of the folder `data`."""
    if index.label_version:
        return LABEL_FILES[index.label_version]
    reduced = not data or "has_box" in index.table  # a column of the reduced NIH set's table alone
    return LABEL_FILES["2020"] if reduced else f"those of {data}"


def films_scored(spec: ModelSpec, data: str, *, audited: bool = False) -> str:
    """Which set the films are of that shipping scores, for its results: by no means train's, on which it learnt.

    `data` as for `sources`; `audited` says that adults of NIH are scored as well, for the shortcut audit.
    """
    own = f"{TITLES['coronahack']}, {TITLES['covid']}" if spec.exclusive else TITLES["nih_small"]
    return (f"the films of {data}" if data else own) + (f", and {TITLES['nih_small']}" if audited else "")


def limits(spec: ModelSpec, index: Index, data: str = "", begun: Sequence[Begun] = ()) -> tuple[str, ...]:
    """What to beware of, in words; `data` and `begun` as for `sources`."""
    if spec.leaky:
        return (leaky.limit(index), LIMITS[0])
    if data:
        told = (LIMITS[0], *LIMITS[3:])
    else:
        told = (*limits_of_nih(begun), _sight(spec.size))
    return (*told, HISTORY) if spec.clinical else told


def limits_of_nih(begun: Sequence[Begun]) -> tuple[str, ...]:
    """What to beware of in a model of the reduced NIH set; `begun` as for `sources`."""
    return (LIMITS[0], PRETRAINED, *LIMITS[2:]) if _is_pretrained(begun) else LIMITS


def command(recipe: Recipe, data: str = "") -> str:
    """The command that a run was begun with, its overrides included; of folders outside `runs` the name alone."""
    said = f"python -m cxr_core train {recipe.model_id}"
    if data:
        said += f" --data {shlex.quote(data)}"
    option, different = _begun(recipe)
    said += f" {option}" if option else ""
    for change in different:
        name, _, values = change.partition(" ")
        value = values.rpartition(" -> ")[2]
        said += f" --set {name}={_run(value) if name == 'weights' else value}"
    return said


def _run(path: str) -> str:
    """A run as a reader can name it: no card tells of the folders of a machine."""
    return path if Path(path).parent == _RUNS else Path(path).name


def _begun(recipe: Recipe) -> tuple[str, list[str]]:
    """The option a run was begun with, none or `--as-published`, and what was changed beside: where least was."""
    if recipe.model_id not in RECIPES:
        return "", []
    ways = beginnings(recipe.model_id)
    alike = {option: base for option, base in ways.items() if len(base.stages) == len(recipe.stages)}
    told = {option: changes(base, recipe) for option, base in (alike or ways).items()}  # no --set adds a stage
    return min(told.items(), key=lambda way: len(way[1]))


def ship_command(model_id: str, data: str) -> str:
    """The command that shipped it; of the folder `data` the name alone."""
    return f"python -m cxr_core ship {model_id}" + (f" --data {shlex.quote(data)}" if data else "")


def result(card: Card) -> str:
    """What a run gave, as its recipe's docstring says it: each set of films with n, patients and its interval."""
    if card.classes is not None:
        sets, what = [(one.films, one.n, one.patients, one.accuracy) for one in card.classes.confusions], "accuracy"
        told = [(films, n, patients, f"{rate.value:.1%}", f"{rate.low:.1%} to {rate.high:.1%}")
                for films, n, patients, rate in sets]
    else:
        whole, what = [one for one in card.subsets if one.name not in _PARTS_OF_TEST], "mean AUC"
        told = [(one.name, one.n, one.patients, _three(one.mean_auc), f"{_three(one.low)} to {_three(one.high)}")
                for one in whole]
    said = [f"{films} {value} ({interval} by patient; {n:,} films of {patients:,} patients)"
            for films, n, patients, value, interval in told]
    return f"Result: {what} on {', '.join(said)}."


def _three(value: float) -> str:
    return f"{value:.3f}".lstrip("0")


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
    if (first := next(iter(begun_from(recipe)), None)) and first.recipe in BEGINNINGS:
        before = read_recipe(Path(recipe.weights))
        begun = f"shared pretraining on all films at hand ({command(before) if before else first.recipe})"
    elif first and first.recipe != ELSEWHERE:
        begun = f"a run of {first.recipe}"
    return begun + (f"; epochs: {stages}" if len(recipe.stages) > 1 else "") + beside
