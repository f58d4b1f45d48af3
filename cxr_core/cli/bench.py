"""`bench`: what takes time, measured side by side on one machine. Read the ratios."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cxr_core.models.registry import find_spec

_MODEL = "inceptionv3-299-nih15"
ModelOption = Annotated[str, typer.Option(help="Model id.")]

bench = typer.Typer(help="Time Integrated Gradients with random weights, beside the plain way and captum; or what a "
                         "command names. Read the ratios, on one machine only.")


@bench.callback(invoke_without_command=True)
def gradients(
    context: typer.Context,
    model: ModelOption = _MODEL,
    captum: Annotated[Path | None, typer.Option(help="Python with captum, torch, torchvision.")] = None,
) -> None:
    """Without a command: Integrated Gradients with random weights, beside the plain way and captum."""
    if (command := context.invoked_subcommand) is not None:
        if captum is not None or model != _MODEL:
            raise typer.BadParameter(f"Options of {command} come after its name.")
        return
    from cxr_core.bench import attribution

    attribution.main(find_spec(model).id, captum)


@bench.command()
def ig(
    model: ModelOption = _MODEL,
    captum: Annotated[Path | None, typer.Option(help="Python with captum, torch, keras.")] = None,
    saliency: Annotated[Path | None, typer.Option(help="Python with PAIR saliency, tensorflow, keras.")] = None,
    xplique: Annotated[Path | None, typer.Option(help="Python with xplique, tensorflow, keras.")] = None,
    alibi: Annotated[Path | None, typer.Option(help="Python with alibi, tensorflow, keras.")] = None,
    film: Annotated[Path | None, typer.Option(help="The film to explain; the phantom by default.")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="How often each map is timed.")] = 3,
) -> None:
    """Integrated Gradients beside its peers at equal error, with trained weights."""
    from cxr_core.bench import ig as beside_peers

    peers = {
        "captum": captum, "saliency": saliency, "saliency_compiled": saliency, "xplique": xplique, "alibi": alibi,
    }
    beside_peers.main(find_spec(model).id, peers, film, rounds)


@bench.command()
def pages() -> None:
    """Read and Performance in Chromium: first page, first map, a click, another finding."""
    from cxr_core.bench import pages as reading_room

    reading_room.main()


@bench.command()
def compare() -> None:
    """Compare in Chromium: the maps of four models, and another browser's clicks meanwhile."""
    from cxr_core.bench import compare_page

    compare_page.main()


@bench.command()
def trust() -> None:
    """The Performance page's statistics, at the size of the official test list."""
    from cxr_core.bench import trust as statistics

    statistics.main()


@bench.command()
def dataset() -> None:
    """What the Dataset page waits for, at 112,120 films."""
    from cxr_core.bench import dataset as exploring

    exploring.main()


@bench.command()
def films(data: Annotated[Path, typer.Argument(help="A data set.")]) -> None:
    """How many films a second reach a network that trains, at 299 px: from PNG, TFRecords, a cache."""
    from cxr_core.bench import films as feeding

    feeding.main(data)


@bench.command()
def engines(
    number: Annotated[int, typer.Argument(min=10, help="Films of the small folder; the other has ten times as many.")],
    model: ModelOption = _MODEL,
) -> None:
    """The scoring of two folders in one process and on Ray: films a second, and memory."""
    from cxr_core.bench import engines as folders

    folders.main(find_spec(model).id, number)
