"""The form of a clinical model: the tags in it, unknown as an answer, and the command line's scores to the last bit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import streamlit as st
import tiny_training as tiny
from streamlit.testing.v1 import AppTest
from tagged_film import tagged_film

from cxr_core.imaging.phantom import make_phantom

MODEL = tiny.CLINICAL.id
APP = str(Path(__file__).parents[2] / "app.py")
FORM = ("age", "sex", "view", "known", "history")


@pytest.fixture
def app(tiny_models: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The Read page with a model that is told of the patient."""
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path / "weights"))
    tiny.write_clinical_weights(tmp_path / "weights")
    st.cache_resource.clear()
    st.cache_data.clear()
    return AppTest.from_file(APP, default_timeout=300).run()


def field(app: AppTest, name: str):
    kinds = {"known": app.toggle, "history": app.multiselect}
    return next(one for one in kinds.get(name, app.selectbox) if one.key and one.key.startswith(f"told_{name}_"))


def shown(app: AppTest) -> dict[str, float]:
    """The scores as the page has them, through its own cache."""
    (making,) = [one for key, one in app.session_state["maps"].items() if key[2] == app.session_state["told"][key[0]]]
    return {"finding": making.best.finding, "gap": making.best.receipt.gap[0]}


def asked(capsys: pytest.CaptureFixture[str], film: Path, *options: str) -> dict:
    from cxr_core.cli import main

    assert main(["explain", str(film), "--model", MODEL, "--json", *options]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_form_begins_with_the_tags_and_unknown_is_an_answer(
    app: AppTest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = tmp_path / "film.dcm"
    app.file_uploader(key="film").upload("film.dcm", tagged_film(film), "application/octet-stream").run()
    assert not app.exception and not app.error
    assert [field(app, name).value for name in FORM] == [67, "F", "AP", False, []]
    plain = asked(capsys, film)
    assert plain["clinical"] == {"age": 67, "sex": "F", "view": "AP", "history": None, "unknown": ["history"]}
    assert shown(app) == {"finding": plain["finding"], "gap": plain["receipt"]["gap"]}

    field(app, "sex").select("Unknown")
    field(app, "known").set_value(True).run()
    field(app, "history").set_value(["Mass", "Edema"]).run()
    changed = asked(capsys, film, "--sex", "unknown", "--history", "Mass|Edema")
    assert changed["clinical"]["history"] == ["Edema", "Mass"] and changed["clinical"]["unknown"] == ["sex"]
    assert shown(app) == {"finding": changed["finding"], "gap": changed["receipt"]["gap"]}
    assert changed["probability"] != plain["probability"]

    app.switch_page("pages/models.py").run()
    assert not app.exception and any("How the scores move" in str(one.proto.body) for one in app.get("html"))
    app.switch_page("pages/read.py").run()
    assert [field(app, name).value for name in FORM] == [67, "Unknown", "AP", True, ["Edema", "Mass"]]


def test_a_small_child_s_age_is_told_in_months_and_the_form_does_not_round_it(app: AppTest, tmp_path: Path) -> None:
    film = tagged_film(tmp_path / "film.dcm", age="018M")
    app.file_uploader(key="film").upload("film.dcm", film, "application/octet-stream").run().run()
    assert not app.exception and not app.error
    age = field(app, "age")
    assert age.value == 1.5 and age.options[1:5] == ["0", "1", "18 months", "2"]
    assert {told.age for told in app.session_state["told"].values()} == {1.5}
    assert any("<span>18 months</span>" in str(one.proto.body) for one in app.get("html"))
    age.set_value(67).run()
    assert {told.age for told in app.session_state["told"].values()} == {67}


def test_changing_the_form_scores_anew_without_reading_or_loading_anew(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cxr_core.models import classifier
    from cxr_core.ui import resources

    app.file_uploader(key="film").upload("x.png", make_phantom(300), "application/octet-stream").run()
    assert [field(app, name).value for name in FORM] == ["Unknown", "Unknown", "Unknown", False, []]

    def not_again(*_: object, **__: object) -> None:
        raise AssertionError("loaded or read a second time")

    monkeypatch.setattr(classifier, "load_classifier", not_again)
    monkeypatch.setattr(resources, "read_radiograph", not_again)
    field(app, "age").set_value(80).run()
    assert not app.exception and not app.error
    assert {key[2].age for key in app.session_state["maps"]} == {None, 80}


def test_predict_says_what_the_model_was_told(
    app: AppTest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from cxr_core.cli import main

    film = tmp_path / "film.dcm"
    tagged_film(film)
    (tmp_path / "plain.png").write_bytes(make_phantom(300))
    assert main(["predict", str(film), str(tmp_path / "plain.png"), "--model", MODEL, "--history", "No Finding"]) == 0
    head, first, second = capsys.readouterr().out.splitlines()
    assert head.endswith("Mass,Effusion,age,sex,view,history")
    assert first.endswith(",67,F,AP,No Finding") and second.endswith(",,,,No Finding")
    for options, said in ((["--age", "300"], "300"), (["--age", "old"], "'old'"), (["--history", "Measles"], "Measles"),
                          (["--model", "resnet18-128-nih14", "--sex", "F"], "takes no age")):
        assert main(["predict", str(film), *(["--model", MODEL] if "--model" not in options else []), *options]) == 2
        assert said in capsys.readouterr().err


@pytest.mark.parametrize(("history", "films", "said"), [
    (None, "test, history unknown", "Trust: history unknown"), ((), "test, first films", "Trust: first films"),
    (("Mass",), "test", "How far to trust: test"),
])
def test_a_score_stands_beside_what_it_is_worth_where_as_much_is_known(
    history: tuple[str, ...] | None, films: str, said: str,
) -> None:
    """The shipped model's mean AUC falls by .05 where no earlier finding is told: the page must not promise it."""
    from cxr_core.models.card import load_card
    from cxr_core.models.clinical import ClinicalInputs
    from cxr_core.models.prediction import Prediction, Score
    from cxr_core.ui.findings_panel import findings_table
    from cxr_core.ui.words import two_places

    card = load_card(Path(APP).parent / "weights" / "densenet121-224-nih14-clinical")
    scores = tuple(Score(one.key, 0.2, 0.2, 0.1, (0.08, 0.12)) for one in card.findings)
    told = ClinicalInputs(history=history)
    table = findings_table(Prediction(card.model.id, card.weights.sha256, "CPU", scores), card, None, told.judged_on)
    assert told.judged_on == films and said in table
    for one in card.findings:
        figure = one.figures[films]
        assert f"{two_places(figure.auc)} <span class='weak'>{two_places(figure.low)}" in table
