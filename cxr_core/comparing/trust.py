"""Can a map be trusted? Every check of one cell, each beside the same check of a map that knows nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cxr_core.comparing.cells import BASELINE, CellMap
from cxr_core.explain.agreement import rank_correlation
from cxr_core.explain.baselines import make_baselines
from cxr_core.explain.faithfulness import (
    Curve, Randomisation, Stability, cascade, deletion, insertion, random_heatmap, stability,
)
from cxr_core.explain.heatmap import make_heatmap
from cxr_core.explain.integrated_gradients import completeness_gap
from cxr_core.explain.lungs import LungShare, find_lungs, lung_share
from cxr_core.imaging.prepare import ends
from cxr_core.methods import draw_map
from cxr_core.reading import Reading

if TYPE_CHECKING:
    from cxr_core.models.classifier import Classifier

OnStep = Callable[[int, int], None]
Copies = Callable[[], Iterable[tuple[str, "Classifier"]]]
CONTROLS = 3  # maps that know nothing: what is said of them is their mean
STAGES = 5  # of the randomised network
STEPS = 16  # gradient evaluations of a path in these checks: the maps are compared by rank, which settles early
SAMPLES = 3  # noisy films of a SmoothGrad in these checks, half of those that a map is drawn with
BETTER = 0.05  # of all that the output moves in these checks: less than this is not told from a random map
_UNITS = 2 * (1 + CONTROLS) + 4 + STAGES  # curves, the map and its three changes, the network's stages


@dataclass(frozen=True)
class Trust:
    """What the checks of one map found so far; None is not checked yet, or could not be.

    `deletion` and `insertion` come with the curves of maps that know nothing; `alike` is how like such a map is to this
    one (rank correlation), which is what `randomisation` and `stability` are to be read beside. `gap_at_film` is the
    completeness gap of what the gradient at the film alone would say, beside which that of a path is to be read; empty
    for a method without one. `steps` counts checks.
    """

    cell: CellMap
    lungs: LungShare | None = None
    lungs_found: bool = True
    deletion: Curve | None = None
    insertion: Curve | None = None
    deletion_controls: tuple[Curve, ...] = ()
    insertion_controls: tuple[Curve, ...] = ()
    alike: float = float("nan")
    gap_at_film: tuple[float, ...] = ()
    stability: Stability | None = None
    randomisation: Randomisation | None = None
    steps: int = 0
    is_last: bool = False


def check_map(
    reading: Reading, classifier: Classifier, cell: CellMap, copies: Copies, *, on_step: OnStep | None = None
) -> Iterator[Trust]:
    """Check a map, the quick checks first.

    Parameters
    ----------
    classifier : Classifier
        The map's model.
    copies : callable
        Gives ever more random copies of the model, each with the name of the layer made random last
        (`models.randomising.randomised`).
    on_step : callable, optional
        Called with (parts done, parts in all); what it raises ends the checks.
    """
    classifier = classifier.knowing(reading.clinical)
    column, film = (reading.spec.findings.index(cell.score.finding),), reading.batch[0]
    baseline = make_baselines(film, ends(reading.spec), BASELINE)[0]
    controls = [random_heatmap(reading.spec.size, seed) for seed in range(CONTROLS)]
    done = 0

    def step(*_: int) -> None:
        if on_step:
            on_step(done, _UNITS)

    def outputs(films: np.ndarray) -> np.ndarray:
        step()
        return classifier.outputs(films, column)[:, 0]

    def attribute(one: np.ndarray, by: Classifier = classifier) -> np.ndarray:
        values = draw_map(by, one[None], cell.score.finding, cell.method, baseline=cell.receipt.baseline or BASELINE,
                          steps=STEPS, samples=SAMPLES, on_step=step)
        return make_heatmap(values)

    step()
    alike = float(np.mean([rank_correlation(cell.heatmap, one) for one in controls]))
    lungs = find_lungs(reading.radiograph.display())
    share = None if lungs is None else lung_share(cell.heatmap, controls, lungs)
    trust = Trust(cell, share, lungs is not None, alike=alike, steps=1)
    if cell.receipt.gap:
        trust = replace(trust, gap_at_film=_gap_at_film(reading, classifier, cell))
    yield trust
    for name, check in (("deletion", deletion), ("insertion", insertion)):
        curves = []
        for heatmap in (cell.heatmap, *controls):
            curves.append(check(outputs, film, baseline, heatmap))
            done += 1
        trust = replace(trust, steps=trust.steps + 1, **{name: curves[0], f"{name}_controls": tuple(curves[1:])})
        yield trust
    here = attribute(film)
    done += 1
    trust = replace(trust, stability=stability(attribute, film, here), steps=trust.steps + 1)
    done += 3
    yield trust
    for found in cascade(here, ((layer, attribute(film, copy.knowing(reading.clinical))) for layer, copy in copies())):
        done += 1
        trust = replace(trust, randomisation=found, steps=trust.steps + 1)
        yield trust
    yield replace(trust, steps=trust.steps + 1, is_last=True)


def _gap_at_film(reading: Reading, classifier: Classifier, cell: CellMap) -> tuple[float, ...]:
    """The completeness gap of the gradient at the film times the way from the baseline: a path of its end alone."""
    film, column = reading.batch[0], (reading.spec.findings.index(cell.score.finding),)
    begins = make_baselines(film, ends(reading.spec), cell.receipt.baseline or BASELINE)
    outputs, slopes = classifier.gradients(film[None], column)
    change = outputs[0] - classifier.outputs(begins, column).mean(axis=0, dtype=np.float64)
    values = (slopes[:, 0] * (film - begins.mean(axis=0))).sum(axis=-1)
    return tuple(float(gap) for gap in completeness_gap(values, change))
