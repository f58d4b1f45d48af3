"""Groups of people as a figure: what makes no claim is pale, what differs beyond chance is marked."""

from __future__ import annotations

from dataclasses import replace

from cxr_core.evaluation.subgroups import Gap
from cxr_core.render.trust_figures import draw_gaps

GAP = Gap("sex", "F", 100, 60, 100, 40, 50, 40, 0.7, 0.6, 0.8, 0.72, 0.5, 0.5)


def test_groups_of_few_ill_films_are_pale_and_never_marked() -> None:
    few = replace(GAP, group="AP", ill=2, fewest=2, value=0.1, p=0.001, corrected=0.001)
    surely = replace(GAP, group="PA", value=0.4, p=0.001, corrected=0.001)
    told = {trace.y[0].split("  ")[0]: trace for trace in draw_gaps([GAP, few, surely], "#00aaff", "AUC").data if trace.y}
    assert {name: trace.opacity for name, trace in told.items()} == {"F": 1, "AP": 0.35, "PA": 1}
    assert {name: trace.marker.symbol for name, trace in told.items()} == {
        "F": "circle", "AP": "circle", "PA": "diamond"}
    assert "no claim" in told["AP"].hovertemplate and "no claim" not in told["PA"].hovertemplate
    assert list(told["AP"].customdata[0][5:]) == [2, 50]


def test_figures_beside_each_other_have_one_scale() -> None:
    wide = replace(GAP, group="F, AP", low=0.2, high=0.95)
    first, second = (draw_gaps([one], "#00aaff", "AUC", [GAP, wide]).layout.xaxis.range for one in (GAP, wide))
    assert first == second and first[0] < 0.2 and first[1] > 0.95
    nothing = replace(GAP, value=float("nan"), low=float("nan"), high=float("nan"))
    assert draw_gaps([nothing], "#00aaff", "AUC").layout.xaxis.range is None
