"""The curves of a map that is taken out of a film and put in."""

from __future__ import annotations

import numpy as np

from cxr_core.explain.faithfulness import Curve
from cxr_core.render.faithfulness_figure import draw_curves


def test_the_legend_lies_under_the_curves_and_covers_none() -> None:
    curve = Curve(np.linspace(0, 1, 5), np.linspace(-2, 2, 5), 0.5)
    legend = draw_curves(curve, [curve], curve, [curve]).layout.legend
    assert legend.orientation == "h" and legend.yanchor == "top" and legend.y < 0
