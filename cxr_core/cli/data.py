"""`data`: check a data set, download one, write TFRecords."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from cxr_core.cli.output import print_json, progress_bar

data = typer.Typer(help="Data sets: check one, download one, write TFRecords.", no_args_is_help=True)

_SHOWN = 5  # of each kind of trouble; --json has them all


@data.command()
def check(
    folder: Annotated[Path, typer.Argument(help="A data set: NIH ChestX-ray14, its 5% sample, CoronaHack, COVID-19 films.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, with everything that was found.")] = False,
) -> None:
    """Say what a data set holds, what is missing, broken or doubled, and what to do. Exit 1 if a film is broken."""
    from cxr_core.datasets.check import check_source
    from cxr_core.datasets.sources import read_folder

    source = read_folder(folder)
    with progress_bar() as progress:
        task = progress.add_task("Reading films", total=len(source.index))
        found = check_source(source, lambda done, _: progress.update(task, completed=done))
    if as_json:
        print_json(dataclasses.asdict(found) | {"advice": found.advice})
    else:
        print(_in_words(found))
    if found.is_broken:
        raise typer.Exit(1)


def _in_words(found) -> str:
    """The check for a reader at a terminal: counts first, then each trouble with a few examples, then what to do."""
    labels = f", labels of {found.label_version}" if found.label_version else ""
    lines = [
        f"{found.folder}: {found.title}{labels}",
        f"{found.films:,} films of {found.patients:,} patients",
        "parts: " + ", ".join(f"{part} {n:,}" for part, n in found.parts.items()),
        "findings: " + ", ".join(f"{name} {n:,}" for name, n in found.findings.items()),
        "sizes: " + ", ".join(f"{size} {n:,}" for size, n in list(found.sizes.items())[:_SHOWN])
        + (f" and {len(found.sizes) - _SHOWN} more" if len(found.sizes) > _SHOWN else ""),
        *found.remarks,
        *_some("films are broken", [f"{film.path}: {film.reason}" for film in found.broken]),
        *_some("rows have no film", found.missing_films),
        *_some("films have no row", found.films_without_row),
        *_some("films lie there more than once by name", [", ".join(one.paths) for one in found.same_name]),
        *_some("times the same pixels under several names", [
            ", ".join(one.paths) + (f" (in {' and '.join(one.parts)})" if len(one.parts) > 1 else "")
            for one in sorted(found.same_pixels, key=lambda one: -len(one.parts))
        ]),
        *_some("patients stand in two parts", found.patients_in_two_parts),
        *(f"-> {advice}" for advice in found.advice),
    ]
    trouble = found.broken or found.missing_films or found.same_name or found.same_pixels or found.advice
    return "\n".join(lines if trouble else [*lines, "Nothing is missing, broken or doubled."])


def _some(what: str, examples: Sequence[str]) -> list[str]:
    """A heading with the count, and a few examples below it."""
    if not examples:
        return []
    more = [f"    and {len(examples) - _SHOWN:,} more"] if len(examples) > _SHOWN else []
    return [f"{len(examples):,} {what}:", *(f"    {one}" for one in examples[:_SHOWN]), *more]
