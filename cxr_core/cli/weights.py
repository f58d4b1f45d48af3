"""`weights import`: other people's weights as a model of one's own."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cxr_core.errors import ClinicalInputError, DataError, WeightsRefused
from cxr_core.findings import title_of

if TYPE_CHECKING:
    from cxr_core.models.card import ClinicalCard
    from cxr_core.models.spec import ModelSpec

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
    neutral: Annotated[str | None, typer.Option(
        help="Of a clinical network: what stands for unknown, 17 numbers; else our training films' mean.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; the outputs must then be named.")] = False,
) -> None:
    """Take in weights made elsewhere, after you have confirmed what each output means."""
    from cxr_core.models.importing.outputs import parse_outputs, read_labels, usual_order
    from cxr_core.models.importing.take import check_name, check_outputs, open_file, take

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
    check_outputs(offer, outputs)
    unknown = _neutral(offer.spec, neutral)
    named = told is not None
    _show(outputs, offer.spec, named=named, unknown=unknown)
    if not yes and not _agreed():
        raise WeightsRefused("Nothing was taken in: the outputs were not confirmed.")
    said = "as named by the user" if named else "in the usual order of such networks, confirmed by the user"
    spec, fit = take(offer, name, outputs, outputs_from=said, neutral=unknown)
    print(spec.id)
    print(
        f"{fit.by_name} layers found by name, {fit.by_order} by order; float16. What it is worth is unknown: "
        f"try it with python -m cxr_core predict films/ --model {spec.id}",
        file=sys.stderr,
    )


def _neutral(spec: ModelSpec, told: str | None) -> ClinicalCard | None:
    """What stands for an unknown clinical input: as told, else the mean over the films that our network learns from.

    WeightsRefused where neither is at hand.
    """
    from cxr_core.models.card import ClinicalCard
    from cxr_core.models.importing.neutral import check_neutral, parse_neutral
    from cxr_core.training.clinical import neutral_of, prepare_index
    from cxr_core.training.data import read_data
    from cxr_core.training.recipes import find_recipe

    found = None if told is None else ClinicalCard(parse_neutral(told), neutral_from="named by the user")
    if spec.clinical and told is None:
        try:
            recipe = find_recipe(spec.id)
            values = neutral_of(recipe, prepare_index(spec, read_data(recipe)))
        except (DataError, ClinicalInputError) as problem:
            raise WeightsRefused(
                f"{spec.id} is told age, sex, view and earlier findings. What stands for an unknown one is not in the "
                f"file, and our training films, whose mean would, are not at hand: {problem} Or give --neutral."
            ) from None
        words = f"the mean of the films that {spec.id} learns from here, not of those that this network was trained on"
        found = ClinicalCard(tuple(map(float, values)), neutral_from=words)
    check_neutral(spec, found)
    return found


def _show(outputs: tuple[str, ...], spec: ModelSpec, *, named: bool, unknown: ClinicalCard | None) -> None:
    """The mapping that is asked about, on stderr."""
    what = "Its classes, of which a film has exactly one:" if spec.exclusive else "Its outputs:"
    lines = [f"Its films: {spec.size} x {spec.size} pixels, scaling {spec.scaling}.", what]
    lines += [f"  {place:>2}  {title_of(key)}" for place, key in enumerate(outputs, start=1)]
    if not named:
        lines.append("The file does not say so: this is the usual order of such networks.")
    if unknown is not None:
        age, male, ap, *history = unknown.neutral
        lines.append(
            f"Unknown counts as {100 * age:.0f} years, {male:.0%} men, {ap:.0%} AP, {sum(history):.1f} earlier "
            f"findings, {unknown.neutral_from}: --neutral names others."
        )
    print("\n".join(lines), file=sys.stderr)


def _agreed() -> bool:
    try:
        return typer.confirm("Is that right?", default=False, err=True)
    except typer.Abort:  # nobody there to ask
        return False
