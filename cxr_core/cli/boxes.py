"""`evaluate-boxes`: do the maps lie where NIH's readers drew boxes?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cxr_core.cli.output import print_json, progress_bar

if TYPE_CHECKING:
    import pandas as pd

    from cxr_core.datasets.index import Index
    from cxr_core.evaluation.localisation import Rate


def evaluate_boxes(
    model: Annotated[str, typer.Argument(help="Model id; it must have weights.")],
    data: Annotated[Path | None, typer.Option(help="A data set with boxes; the small NIH set by default.")] = None,
    split: Annotated[str, typer.Option(help="test, official, all, or a part of the data set's own.")] = "test",
    method: Annotated[list[str] | None, typer.Option(help="A method; repeatable. By default all.")] = None,
    out: Annotated[Path | None, typer.Option(help="The Parquet file to write, instead of the user's own.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Judge every method's maps on NIH's boxes, beside a random map and the middle. A killed run goes on."""
    from cxr_core.errors import ExplanationError
    from cxr_core.folders import user_folder
    from cxr_core.localising import Draft, judge_films, rates
    from cxr_core.methods import methods_of
    from cxr_core.models.classifier import load_classifier

    classifier = load_classifier(model)
    methods = tuple(method or methods_of(classifier))
    if strange := set(methods) - set(methods_of(classifier)):
        known = ", ".join(methods_of(classifier))
        raise ExplanationError(f"{model} has no method {min(strange)!r}. Choose of: {known}.")
    index = boxed_films(data, split)
    draft = Draft(out or user_folder("boxes") / f"{model}.parquet", model, classifier.card.weights.sha256)
    with progress_bar() as progress:
        task = progress.add_task("Judging maps", total=len(index))
        unread: list[str] = []
        for judged in judge_films(classifier, index, methods, done=draft.done, on_film=unread.append):
            draft.add(judged)
            progress.update(task, advance=1)
    for film in unread:
        print(f"not judged: {film}", file=sys.stderr)
    table = draft.finish()
    told = rates(table)
    if as_json:
        print_json({"model": model, "boxes": _boxes(table), "films": int(table["image"].nunique()), "methods": {
            name: _as_object(values) for name, values in told.items()
        }, "findings": {
            finding: {name: _as_object(values) for name, values in rates(table, finding=finding).items()}
            for finding in sorted(table["finding"].unique())
        }})
    else:
        _print(table, told)
    if unread:
        raise typer.Exit(1)


def boxed_films(data: Path | None, split: str) -> Index:
    """The films of a part that readers drew boxes on, with their boxes in pixels of a 1024 px film."""
    from cxr_core.datasets.boxes import SIDE, boxes_of
    from cxr_core.datasets.folder import data_folder
    from cxr_core.datasets.parts import choose_films
    from cxr_core.datasets.sources import read_folder
    from cxr_core.errors import DataError

    index = choose_films(read_folder(data or data_folder() / "nih"), (split,)).index
    if "boxes" not in index.table:
        index.table["boxes"] = [boxes_of(name, SIDE, SIDE) for name in index.table["image"]]
    boxed = index.where(index.table["boxes"].map(len) > 0)
    if not len(boxed):
        raise DataError(f"No film of {split} has a box. Put BBox_List_2017.csv beside the films, or name another part.")
    return boxed


def _print(table: pd.DataFrame, told: dict[str, tuple[Rate, ...]]) -> None:
    from cxr_core.localising import CONTROLS
    from cxr_core.methods import METHODS

    print(f"{_boxes(table)} boxes on {table['image'].nunique()} films of {table['patient'].nunique()} patients; "
          "share of boxes hit, with its 95% interval by patient")
    first = next(iter(told.values()))
    print(f"{'':40}" + "".join(f"{rate.measure:>22}" for rate in first))
    for name, values in told.items():
        cells = "".join(f"{f'{rate.value:.3f} ({rate.low:.3f}-{rate.high:.3f})':>22}" for rate in values)
        print(f"{(METHODS | CONTROLS)[name]:40}{cells}")


def _boxes(table: pd.DataFrame) -> int:
    return len(table[["image", "box"]].drop_duplicates())


def _as_object(values: tuple[Rate, ...]) -> dict[str, dict[str, object]]:
    return {
        rate.measure: {"boxes": rate.boxes, "value": rate.value, "interval": [rate.low, rate.high]} for rate in values
    }
