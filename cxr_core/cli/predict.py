"""`predict`: a row per film, a probability per finding."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from cxr_core.cli import clinical
from cxr_core.cli.choice import Points, PointsOption, choose_model, own_points
from cxr_core.cli.engine import Address, Engine, EngineOption, Workers, refuse_without_ray, run
from cxr_core.cli.output import progress_bar, whole_file
from cxr_core.cli.rows import CsvRows, JsonRows, ParquetRows, Rows, audit_of
from cxr_core.engines.films import ReadFilms, films_in
from cxr_core.engines.job import cut
from cxr_core.models.card import load_card
from cxr_core.models.clinical import refuse_unless_clinical
from cxr_core.models.prediction import hold
from cxr_core.models.registry import find_spec
from cxr_core.models.weights import find_weights


def predict(
    films: Annotated[list[Path], typer.Argument(help="Films, or folders of films (searched to the bottom).")],
    model: Annotated[str | None, typer.Option(help="Model id; the first that has weights by default.")] = None,
    csv_file: Annotated[Path | None, typer.Option("--csv", help="Write the rows to this file.")] = None,
    parquet: Annotated[Path | None, typer.Option(help="Write the rows to this Parquet file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the rows as JSON, with operating points.")] = False,
    score_anyway: Annotated[bool, typer.Option(help="Score films that the gate refused, too.")] = False,
    age: clinical.Age = None,
    sex: clinical.Sex = None,
    view: clinical.View = None,
    history: clinical.History = None,
    operating_points: PointsOption = Points.card,
    engine: EngineOption = Engine.local,
    workers: Workers = None,
    address: Address = None,
) -> None:
    """Score films: file, status, reason, model, then a probability per finding. Exit 1 if a file was an error."""
    refuse_without_ray(engine, workers, address)
    spec, told = find_spec(choose_model(model)), clinical.told(age, sex, view, history)
    if told:
        refuse_unless_clinical(spec)
    card = load_card(find_weights(spec))
    points = own_points(operating_points, card)
    for line in audit_of(spec, card).values():
        print(line, file=sys.stderr)
    found = [str(file) for file in find_films(films)]
    # what is no file is not looked into for records: it becomes an error row under its own name
    files = [film for file in found for film in (films_in([file]) if Path(file).is_file() else [file])]
    job = ReadFilms(spec.id, card.weights.sha256, Path.cwd(), score_anyway, told)
    broken = 0
    with ExitStack() as stack:
        outputs: list[Rows] = []
        if csv_file is not None:
            outputs.append(CsvRows(stack.enter_context(whole_file(csv_file)), spec))
        if parquet is not None:
            outputs.append(stack.enter_context(ParquetRows(stack.enter_context(whole_file(parquet)), spec, card)))
        if as_json:
            outputs.append(JsonRows(spec, card))
        elif not outputs:
            outputs.append(CsvRows(sys.stdout, spec))
        progress = stack.enter_context(progress_bar())
        task = progress.add_task("Reading films", total=len(files))
        # in this process one by one, so that the bar and a table on stdout move with each film
        pieces = cut(files, 1) if engine is Engine.local else cut(files)
        for rows in run(job, pieces, engine, workers, address):
            rows = tuple(replace(row, scores=hold(row.scores, points)) for row in rows)
            broken += sum(row.status == "error" for row in rows)
            for output in outputs:
                output.write(rows)
            progress.update(task, advance=len(rows))
        for output in outputs:
            output.close()
    if broken:
        raise typer.Exit(1)


def find_films(paths: Iterable[Path]) -> Iterator[Path]:
    """The files named, and every file below the folders named but hidden ones, in order of name.

    A link that leads nowhere is one of them, to become an error row: so stands a film in a git-annex set that was not
    fetched, and a folder of such would else be read as an empty one.
    """
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for folder, subfolders, names in os.walk(path):
            subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
            found = (Path(folder, name) for name in sorted(names) if not name.startswith("."))
            yield from (file for file in found if file.is_file() or (file.is_symlink() and not file.exists()))
