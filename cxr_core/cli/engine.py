"""Who does the work: this process, or Ray."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Annotated

import typer

from cxr_core.engines.job import Done, Job, Part, run_here
from cxr_core.errors import EngineError


class Engine(StrEnum):
    """`local` is this process alone."""

    local = "local"
    ray = "ray"


EngineOption = Annotated[Engine, typer.Option("--engine", help="local: this process; ray: many (Ray Data, an extra).")]
Workers = Annotated[int | None, typer.Option(min=1, help="Ray: processes; one a GPU or four cores by default.")]
Address = Annotated[str | None, typer.Option(help="Ray: a cluster's address, or auto; this machine by default.")]


def refuse_without_ray(engine: Engine, workers: int | None, address: str | None) -> None:
    """EngineError when Ray's options stand there without Ray."""
    if engine is Engine.local and (workers is not None or address is not None):
        raise EngineError("--workers and --address are Ray's. Add --engine ray, or leave them out.")


def run(
    job: Job[Part, Done], parts: Iterable[Part], engine: Engine, workers: int | None, address: str | None
) -> Iterator[Done]:
    """The results of the parts, in their order, from the engine that was chosen."""
    if engine is Engine.local:
        return run_here(job, parts)
    from cxr_core.engines.ray_data import run_on_ray

    return run_on_ray(job, parts, workers=workers, address=address)
