"""`evaluate-boxes`: do the maps lie where NIH's readers drew boxes?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from cxr_core.cli.output import print_json, progress_bar
from cxr_core.errors import DataError, ExplanationError

if TYPE_CHECKING:
    import pandas as pd

    from cxr_core.datasets.index import Index


def evaluate_boxes(
    model: Annotated[str, typer.Argument(help="Model id; it must have weights.")],
    data: Annotated[Path | None, typer.Option(help="A data set with boxes; the small NIH set by default.")] = None,
    split: Annotated[str, typer.Option(help="test, official, all, or a part of the data set's own.")] = "test",
    method: Annotated[list[str] | None, typer.Option(help="A method; repeatable. By default all.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many films, spread over the part.")] = None,
    out: Annotated[Path | None, typer.Option(
        help="The Parquet file to write, instead of the user's own; weights/MODEL/boxes.parquet ships with the weights."
    )] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Judge every method's maps on NIH's boxes, beside a random map and the middle.

    A stopped run goes on, and a method that was not judged yet is added to those of the file.
    """
    from cxr_core.evaluation.judged_boxes import Draft
    from cxr_core.folders import user_folder
    from cxr_core.localising import judge_films
    from cxr_core.methods import methods_of
    from cxr_core.models.classifier import load_classifier

    index, films = boxed_films(data, split, limit)
    classifier = load_classifier(model)
    known = methods_of(classifier)
    if strange := set(method or ()) - set(known):
        raise ExplanationError(f"{model} has no method {min(strange)!r}. Choose of: {', '.join(known)}.")
    methods = tuple(method or known)
    draft = Draft(out or user_folder("boxes") / f"{model}.parquet", model, classifier.card.weights.sha256)
    unread: list[str] = []
    with progress_bar() as progress:
        task = progress.add_task("Judging maps", total=len(index))
        judging = judge_films(classifier, index, methods, done=draft.done, on_film=unread.append)
        try:
            for judged in judging:
                draft.add(judged)
                progress.update(task, advance=1)
        except KeyboardInterrupt:
            judging.close()
            progress.stop()
            print("Stopped. What is judged is kept: the same command goes on from here.", file=sys.stderr)
            raise typer.Exit(130) from None
    for film in unread:
        print(f"not judged: {film}", file=sys.stderr)
    table = draft.finish(films, index.table["image"], methods)
    if as_json:
        print_json({"model": model, "films_of": films, **_as_object(table)})
    else:
        _print(table)
    if unread:
        raise typer.Exit(1)


def boxed_films(data: Path | None, split: str, limit: int | None = None) -> tuple[Index, str]:
    """The films of a part that readers drew boxes on, with their boxes in pixels of a 1024 px film; and in words."""
    from cxr_core.datasets.boxes import SIDE, boxes_of
    from cxr_core.datasets.folder import data_folder
    from cxr_core.datasets.parts import choose_films
    from cxr_core.datasets.sources import open_source

    part = choose_films(open_source(data or data_folder() / "nih"), (split,))
    index = part.index
    if "boxes" not in index.table:
        index.table["boxes"] = [boxes_of(name, SIDE, SIDE) for name in index.table["image"]]
    boxed = index.where(index.table["boxes"].map(len) > 0)
    if not len(boxed):
        raise DataError(f"No film of {split} has a box. Put BBox_List_2017.csv beside the films, or name another part.")
    if limit is None or limit >= len(boxed):
        return boxed, part.split
    places = np.linspace(0, len(boxed) - 1, limit).round().astype(int)
    return boxed.take(places), f"{part.split}, {limit} of its {len(boxed):,} films with boxes"


def _print(table: pd.DataFrame) -> None:
    from cxr_core.evaluation.judged_boxes import measure
    from cxr_core.evaluation.localisation import CONTROLS, MEAN, MEASURES
    from cxr_core.methods import METHODS

    told = measure(table)
    print(f"{_boxes(table)} boxes on {table['image'].nunique()} films of {table['patient'].nunique()} patients; "
          f"share of boxes hit, {MEAN}, with its 95% interval by patient")
    print(f"{'':40}" + "".join(f"{measure:>22}" for measure in MEASURES))
    for name in told.methods:
        cells = "".join(f"{f'{one.value:.3f} ({one.low:.3f}-{one.high:.3f})':>22}" for one in told.rates(name))
        print(f"{(METHODS | CONTROLS)[name]:40}{cells}")


def _boxes(table: pd.DataFrame) -> int:
    return len(table[["image", "box"]].drop_duplicates())


def _as_object(table: pd.DataFrame) -> dict[str, object]:
    """Rates by method over all boxes, as the mean of the findings, and of each; and how far ahead of the controls."""
    from cxr_core.evaluation.judged_boxes import measure
    from cxr_core.evaluation.localisation import ALL, CONTROLS, MEAN

    told = measure(table)

    def rates(finding: str) -> dict[str, object]:
        return {
            name: {one.measure: {"boxes": one.boxes, "value": one.value, "interval": [one.low, one.high]}
                   for one in told.rates(name, finding)}
            for name in told.methods
        }

    return {
        "boxes": _boxes(table), "films": int(table["image"].nunique()), "methods": rates(ALL), "mean": rates(MEAN),
        "findings": {finding: rates(finding) for finding in sorted(told.findings)},
        "ahead": {
            name: {control: {one.measure: {"difference": one.difference, "interval": [one.low, one.high], "p": one.p}
                             for one in told.leads(name, control)} for control in CONTROLS}
            for name in told.methods if name not in CONTROLS
        },
    }
