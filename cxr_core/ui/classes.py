"""What a model of exclusive classes is worth, as HTML: accuracy beside the published one, confusion, shortcut audit."""

from __future__ import annotations

from html import escape

from cxr_core.evaluation.classes import ClassesCard
from cxr_core.render.classes_table import FILMS, accuracy_table, audit_table, confusion_table


def worth_of_classes(model_id: str, classes: ClassesCard) -> str:
    """All of it, one heading after the other."""
    accuracy = "<h2>Accuracy</h2>" + accuracy_table(model_id, classes) if classes.confusions else ""
    return (
        accuracy
        + "".join(
            f"<h2>Confusion, {escape(FILMS.get(one.films, one.films))}</h2>" + confusion_table(one)
            for one in classes.confusions if one.films != "val"
        )
        + "<h2>Shortcut audit</h2>" + audit_table(classes.audit)
    )
