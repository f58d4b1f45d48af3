"""`results import`: the predictions of somebody's model beside ours."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast, get_args

import typer

from cxr_core.cli.results import print_summary


def import_results(
    file: Annotated[
        Path, typer.Argument(help="A CSV, gzipped or not: image names, and a column of scores for each finding.")
    ],
    name: Annotated[str, typer.Option(help="What the results are to be known by.")],
    labels: Annotated[
        Path | None,
        typer.Option(help="NIH's Data_Entry or a table of your own; without it, columns label_FINDING of FILE."),
    ] = None,
    scores: Annotated[str, typer.Option(help="What the scores are: probability, percent or logit.")] = "probability",
    ignore: Annotated[list[str] | None, typer.Option(help="A column that is no score; repeatable.")] = None,
    subset: Annotated[
        str | None, typer.Option(help="Which part of the data these films are; as the label table says, by default.")
    ] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="Leave out rows that the label table does not know, however many.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite results of the same name.")] = False,
) -> None:
    """Take the predictions of somebody's model, so that they stand beside ours."""
    from cxr_core.errors import ResultsError
    from cxr_core.evaluation.importing import Scale, import_predictions
    from cxr_core.evaluation.results import read_results
    from cxr_core.evaluation.store import file_of
    from cxr_core.evaluation.writer import refuse_existing, write_results

    if scores not in get_args(Scale):
        raise ResultsError(f"Scores are {', '.join(get_args(Scale))}; not {scores!r}.")
    target = file_of(name)
    refuse_existing(target, force)
    told = import_predictions(
        file, name, labels=labels, scale=cast(Scale, scores), ignore=ignore or (), subset=subset, partial=partial
    )
    write_results(target, told, overwrite=force)
    print(target)
    print_summary(read_results(target, name))
