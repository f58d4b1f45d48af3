"""What the figures of drawn boxes and of training were made of, as it leaves with them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cxr_core.evaluation.judged_boxes import Draft, Judged, read_boxes, stored_boxes
from cxr_core.models.card import load_card
from cxr_core.models.weights import weights_folder
from cxr_core.ui import stored
from cxr_core.ui.trust import choice, drawn_boxes, training
from cxr_core.ui.trust.history import history_of

MODEL = "resnet18-128-nih14"


def notes(figure) -> str:
    return " ".join(note.text for note in figure.layout.annotations).replace("<br>", " ")


def test_boxes_say_which_films_and_that_no_patient_of_them_was_learnt_from() -> None:
    file = stored_boxes(MODEL, weights_folder())
    judged, stamp = read_boxes(file), drawn_boxes._stamp(read_boxes(file), MODEL)
    assert (stamp.digest, stamp.overlap) == (judged.digest, 0) and stamp.label_version == "BBox_List_2017"
    shown = choice.shown(MODEL)
    told = notes(drawn_boxes._figure(str(file), 0, "iobb_0.25", (stamp.of_films, stamp.of_model), shown.colour))
    assert stamp.split_digest[:8] in told and f"{stamp.n:,} films" in told and "with training: 0" in told


def test_boxes_on_other_films_or_by_other_weights_promise_no_overlap_and_say_when(tmp_path: Path) -> None:
    scored, digest = stored.whole(MODEL), stored.scored_by(MODEL)
    known = scored.films["image"].iloc[0].removesuffix(".png")
    days = [datetime.now(UTC)]
    for image, weights, overlap in ((f"{known}.dcm", digest, 0), ("mine.png", digest, None), (known, "0" * 64, None)):
        draft = Draft(tmp_path / "boxes.parquet", MODEL, weights)
        draft.add([Judged(image, "1", 0, "Mass", "random", 0.1, 0.1, False)])
        draft.finish("test", [image], ())
        stamp = drawn_boxes._stamp(read_boxes(tmp_path / "boxes.parquet"), MODEL)
        days.append(datetime.now(UTC))  # a day may end meanwhile
        assert stamp.overlap == overlap and stamp.date in {f"{day:%Y-%m-%d}" for day in days}


@pytest.mark.parametrize("model", [MODEL, "xception-128-nih14"])
def test_training_says_which_films_it_had_and_by_which_labels(model: str) -> None:
    card, file, shown = load_card(weights_folder() / model), history_of(model), choice.shown(model)
    stamp = training._stamp(shown)
    assert (stamp.split_digest, stamp.n, stamp.patients) == (
        card.training.split_digest, card.training.films, card.training.patients)
    assert stamp.label_version == stored.whole(model).label_version != ""
    assert stamp.date == stored.whole(model).provenance.date[:10]
    told = notes(training._drawn(((model, (str(file), 0)),), (shown,))[1])
    for words in (card.training.split_digest[:8], f"{card.training.films:,} films", stamp.label_version, stamp.date):
        assert words in told
