"""A model's whole report: all that the page shows of it, in one file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cxr_core.errors import ResultsError
from cxr_core.evaluation.by_group import AUC, CALLED_HEALTHY, illnesses
from cxr_core.evaluation.provenance import now
from cxr_core.findings import title_of
from cxr_core.render.report import Told, make_report
from cxr_core.render.report_beside import ByGroup
from cxr_core.ui import measured, resources, stored
from cxr_core.ui.trust import drawn_boxes, groups
from cxr_core.ui.trust.choice import Shown, stamp
from cxr_core.ui.trust.class_curves import class_curves
from cxr_core.ui.trust.confusions import class_stamp, confused
from cxr_core.ui.trust.history import history_of, read_history


def report_of(model: Shown, films: str, finding: str) -> str:
    """A model's report on a set of films; its groups of people are by the AUC of `finding`. It waits for drawings."""
    results = stored.results(model.id, films)
    told = _told(model, Told(
        stored.title(model.id), results, stamp(model, films), measured.rows(model.digest, model.id, films),
        {key: measured.band(model.digest, model.id, films, key).result() for key in results.findings
         if stored.roc(model.digest, model.id, films, key)},
        {key: stored.operating_point(model.id, key) for key in results.findings}, model.colour, now(),
        mean=measured.mean_span(model.digest, model.id, films),
    ))
    return make_report(replace(
        told, groups=tuple(_groups(model, films, finding)), boxes=drawn_boxes.for_report(model),
        confusion=found[1] if stored.is_exclusive(model.id) and (found := confused(model, films)) else None,
    ))


def report_of_classes(model: Shown, films: str) -> str:
    """The report of a model of exclusive classes on one of its own sets of films."""
    found, curves = confused(model, films), class_curves(model, films)
    if found is None or curves is None:
        raise ResultsError(f"No film of {films} has a class by its labels: there is nothing to report.")
    part, confusion, _ = found
    return make_report(replace(_told(model, Told(
        stored.title(model.id), part, class_stamp(model, films, part), curves.rows, curves.bands, {},
        model.colour, now(),
    )), confusion=confusion))


def _told(model: Shown, told: Told) -> Told:
    """With what is known of the model wherever its films are from."""
    ours, history = stored.model_of(model.id), history_of(model.id)
    return replace(told, card=resources.card_of(ours) if ours else None,
                   history=read_history(history) if history else None, cares=model.cares, mark=model.mark)


def _groups(model: Shown, films: str, finding: str) -> Iterator[ByGroup]:
    results = stored.results(model.id, films)
    if finding in results.findings:
        gaps = measured.gaps(model.digest, model.id, films, finding, AUC).result()
        what = f"{title_of(finding)}: {AUC}"
        yield ByGroup(what, groups.sentence(gaps, what), gaps)
    if stored.has_operating_points(model.id) and illnesses(results):
        gaps = measured.gaps(model.digest, model.id, films, "", CALLED_HEALTHY).result()
        yield ByGroup(CALLED_HEALTHY, groups.sentence(gaps, CALLED_HEALTHY), gaps, groups.definition(results))
