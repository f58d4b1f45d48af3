"""A recipe with some of its values changed, as `train --set batch=64 --set stages.0.epochs=2` asks for."""

from __future__ import annotations

import math
import types
from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from cxr_core.errors import TrainingError
from cxr_core.models.spec import ModelSpec
from cxr_core.training.recipe import Recipe, Stage

PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
_FIXED = {"model_id"}  # names the network: another recipe, not another value
_AT_LEAST_ONE = {"epochs", "batch", "size", "epoch_films", "drawn_films"}
_ABOVE_ZERO = {"learning_rate", "image_share"}
_BELOW_ONE = {"ema", "image_share"}


def override(recipe: Recipe, settings: Sequence[str]) -> Recipe:
    """The recipe with each `NAME=VALUE` in its place; the last one of a name holds.

    NAME is a field of Recipe, or `stages.N.FIELD` of its stage N, counted from 0; `stages.FIELD` sets every stage.
    VALUE is a number, a word, or `none` where the field may be empty.

    Raises
    ------
    TrainingError
        When a name is unknown, or a value is not allowed there.
    """
    for setting in settings:
        name, equals, text = (part.strip() for part in setting.partition("="))
        if not equals or not name or not text:
            raise TrainingError(f"{setting!r} is no setting. Write NAME=VALUE, batch=64 for one.")
        first, *rest = name.split(".")
        if first == "stages":
            recipe = replace(recipe, stages=_set_stages(recipe.stages, name, rest, text))
        elif rest:
            raise TrainingError(f"There is nothing to set called {name!r}. {_known(recipe)}")
        else:
            recipe = _set(recipe, first, name, text, recipe)
    return recipe


def check_suits(recipe: Recipe, spec: ModelSpec) -> None:
    """Refuse a draw or a loss that would train, and mean something else for this model's outputs than its name says.

    Raises
    ------
    TrainingError
    """
    several = f"a film of {spec.id} may have several of its {len(spec.findings)} findings, or none"
    if recipe.draw == "upsampled" and not spec.exclusive:
        raise TrainingError(
            f"draw=upsampled repeats films until every class has as many, and {several}. Choose rarest, findings or "
            "in_turn."
        )
    if recipe.loss == "categorical_crossentropy" and not spec.exclusive:
        raise TrainingError(
            f"loss=categorical_crossentropy is of films of one class each, and {several}. Choose binary_crossentropy, "
            "or weighted_binary_crossentropy."
        )
    if recipe.data == "all_films" and (recipe.loss != "known_binary_crossentropy" or recipe.draw != "in_turn"):
        raise TrainingError(
            f"The films of {spec.id} are of several sets, each silent on some findings: only the loss "
            "known_binary_crossentropy leaves these out, and only the draw in_turn asks nothing of them."
        )


def _set_stages(stages: tuple[Stage, ...], name: str, rest: list[str], text: str) -> tuple[Stage, ...]:
    if len(rest) == 1 and not rest[0].isdecimal():
        return tuple(_set(stage, rest[0], name, text, stage) for stage in stages)
    if len(rest) != 2 or not rest[0].isdecimal():
        raise TrainingError(f"{name!r} names no field of a stage. Write stages.0.epochs, or stages.epochs for all.")
    if (number := int(rest[0])) >= len(stages):
        raise TrainingError(f"There is no stage {number}: the recipe has {len(stages)}, counted from 0.")
    return tuple(
        _set(stage, rest[1], name, text, stage) if place == number else stage for place, stage in enumerate(stages)
    )


def _set(record: Any, field: str, name: str, text: str, shown: Any) -> Any:
    """A copy of a dataclass with one field read from text."""
    settable = {one.name for one in fields(record)} - _FIXED - {"stages"}
    if field not in settable:
        raise TrainingError(f"There is nothing to set called {name!r}. {_known(shown)}")
    value = _read(text, get_type_hints(type(record))[field], field, name)
    return replace(record, **{field: value})


def _known(record: Any) -> str:
    names = [one.name for one in fields(record) if one.name not in _FIXED | {"stages"}]
    below = [f"stages.N.{one.name}" for one in fields(Stage)] if not isinstance(record, Stage) else []
    return f"There are: {', '.join([*names, *below])}."


def _read(text: str, kind: Any, field: str, name: str) -> Any:
    """The value that `text` stands for, checked against the field's type and range."""
    if get_origin(kind) in (Union, types.UnionType):
        if text.lower() == "none":
            return None
        kind = next(one for one in get_args(kind) if one is not type(None))
    if field == "precision":
        kind = Literal[PRECISIONS]
    if get_origin(kind) is Literal:
        if text not in get_args(kind):
            raise TrainingError(f"{name} cannot be {text!r}. Choose one of: {', '.join(map(str, get_args(kind)))}.")
        return text
    if kind is bool:
        if text.lower() not in ("true", "false"):
            raise TrainingError(f"{name} is true or false, not {text!r}.")
        return text.lower() == "true"
    if kind in (int, float):
        return _number(text, kind, field, name)
    if kind is str:
        return text
    raise TrainingError(f"{name} cannot be set from the command line. Write a recipe of its own.")


def _number(text: str, kind: type, field: str, name: str) -> int | float:
    what = "a whole number" if kind is int else "a number"
    try:
        value = kind(text)
    except ValueError:
        raise TrainingError(f"{name} is {what}, not {text!r}.") from None
    least = 1 if field in _AT_LEAST_ONE else 0
    if not math.isfinite(value) or value < least or (field in _ABOVE_ZERO and value == 0):
        bound = "above 0" if field in _ABOVE_ZERO else f"{least} or more"
        raise TrainingError(f"{name} must be {bound}; {text} was given.")
    if field in _BELOW_ONE and value >= 1:
        raise TrainingError(f"{name} must be below 1; {text} was given.")
    return value


def changes(before: Any, after: Any, within: str = "") -> list[str]:
    """What differs between two recipes, in words: `batch 64 -> 32`; nothing when they are the same."""
    said = []
    for one in fields(before):
        old, new = getattr(before, one.name), getattr(after, one.name)
        if isinstance(old, tuple) and old and is_dataclass(old[0]):
            if len(old) != len(new):
                said.append(f"{one.name} {len(old)} -> {len(new)}")
            for place, (first, second) in enumerate(zip(old, new, strict=False)):
                said += changes(first, second, f"{one.name}.{place}.")
        elif old != new:
            said.append(f"{within}{one.name} {old} -> {new}")
    return said
