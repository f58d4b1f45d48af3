"""`weights import`: other people's weights as a model of one's own."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cxr_core.errors import WeightsRefused
from cxr_core.findings import title_of

weights = typer.Typer(help="Other people's weights: take them in.", no_args_is_help=True)


class ScalingChoice(StrEnum):
    """What a network expects black and white to be."""

    unit = "unit"
    symmetric = "symmetric"
    imagenet = "imagenet"


@weights.callback()
def about() -> None:
    """Other people's weights: take them in."""


@weights.command("import")
def take_in(
    file: Annotated[Path, typer.Argument(help="Keras .h5 or .keras, or .safetensors. Nothing in it is run.")],
    model: Annotated[str, typer.Option(help="Its architecture: densenet121-224-nih14 (CheXNet's) or one of ours.")],
    name: Annotated[str, typer.Option(help="The new model's id: small letters, digits, dots, hyphens.")],
    findings: Annotated[str | None, typer.Option(help="What each output means, in its order: \"A,B,...\".")] = None,
    labels: Annotated[Path | None, typer.Option(help="A file with those names, a line each.")] = None,
    size: Annotated[int | None, typer.Option(min=32, max=1024, help="Side of its films in pixels, if another.")] = None,
    scaling: Annotated[ScalingChoice | None, typer.Option(help="Its films: 0 to 1, -1 to 1, or as ImageNet's.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; the outputs must then be named.")] = False,
) -> None:
    """Take in weights made elsewhere, after you have confirmed what each output means."""
    from cxr_core.models.importing.outputs import parse_outputs, read_labels, usual_order
    from cxr_core.models.importing.take import check_count, check_name, open_file, take

    check_name(name)
    offer = open_file(file, model, size=size, scaling=scaling.value if scaling else None)
    if findings is not None and labels is not None:
        raise WeightsRefused("Give --findings or --labels, not both.")
    told = findings if findings is not None else read_labels(labels) if labels is not None else None
    usual = usual_order(model)
    if told is None and (yes or len(usual) != offer.outputs):
        raise WeightsRefused(
            f"The file does not say what its {offer.outputs} outputs mean. Name them in its order, for instance "
            f'--findings "{",".join(usual)}".'
        )
    outputs = parse_outputs(told) if told is not None else usual
    check_count(offer, outputs)
    named = told is not None
    _show(outputs, named=named, scaling=offer.spec.scaling, size=offer.spec.size)
    if not yes and not _agreed():
        raise WeightsRefused("Nothing was taken in: the outputs were not confirmed.")
    said = "as named by the user" if named else "in the usual order of such networks, confirmed by the user"
    spec, fit = take(offer, name, outputs, outputs_from=said)
    print(spec.id)
    print(
        f"{fit.by_name} layers found by name, {fit.by_order} by order; float16. What it is worth is unknown: "
        f"try it with python -m cxr_core predict films/ --model {spec.id}",
        file=sys.stderr,
    )


def _show(outputs: tuple[str, ...], *, named: bool, scaling: str, size: int) -> None:
    """The mapping that is asked about, on stderr."""
    lines = [f"Its films: {size} x {size} pixels, scaling {scaling}.", "Its outputs:"]
    lines += [f"  {place:>2}  {title_of(key)}" for place, key in enumerate(outputs, start=1)]
    if not named:
        lines.append("The file does not say so: this is the usual order of such networks.")
    print("\n".join(lines), file=sys.stderr)


def _agreed() -> bool:
    try:
        return typer.confirm("Is that right?", default=False, err=True)
    except typer.Abort:  # nobody there to ask
        return False
