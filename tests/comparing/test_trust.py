"""The checks of a map on a real network, and planted maps: a true one passes, false ones are flagged in words."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from cxr_core.comparing import trust as room
from cxr_core.comparing.bundle import Packed, to_zip
from cxr_core.comparing.cells import CellMap, draw_cell
from cxr_core.comparing.trust import CONTROLS, SAMPLES, STAGES, Trust, check_map
from cxr_core.comparing.verdict import Said, areas_in_words, headline, verdict
from cxr_core.explain.faithfulness import Curve, Randomisation, Stability, deletion, insertion, random_heatmap
from cxr_core.explain.heatmap import make_heatmap
from cxr_core.explain.lungs import LungShare
from cxr_core.methods import SAMPLES as ALL_SAMPLES
from cxr_core.models.classifier import Classifier
from cxr_core.models.prediction import Score
from cxr_core.models.randomising import randomised
from cxr_core.reading import Reading, Receipt

MODEL = "resnet18-128-nih14"
SIDE = 32
FILM = np.random.default_rng(0).uniform(0.2, 1, (SIDE, SIDE, 1)).astype(np.float32)
PART = np.zeros((SIDE, SIDE, 1), np.float32)
PART[6:14, 16:26] = 1  # all that the planted network looks at


def planted(heatmap: np.ndarray) -> Trust:
    """The checks of a map of a network that looks at PART alone."""
    def outputs(films: np.ndarray) -> np.ndarray:
        return (films * PART).sum(axis=(1, 2, 3))

    score = Score("Mass", 0.5, 0.5, 0.4, None)
    receipt = Receipt("ig", "logit", "black", 64, (0.01,), 1.0, "CPU")
    cell = CellMap(score, "ig", heatmap, heatmap, (), receipt, True, MODEL, "0" * 64)
    controls = [random_heatmap(SIDE, seed) for seed in range(CONTROLS)]
    empty = np.zeros_like(FILM)
    return Trust(
        cell, LungShare(0.8, 0.4, 0.4), True,
        deletion(outputs, FILM, empty, heatmap), insertion(outputs, FILM, empty, heatmap),
        tuple(deletion(outputs, FILM, empty, one) for one in controls),
        tuple(insertion(outputs, FILM, empty, one) for one in controls),
        0.0, (0.4,), Stability(0.95, 0.93, 0.9), Randomisation(("logits", "stem"), (0.4, 0.1)), 9, True,
    )


def kinds(trust: Trust) -> dict[str, str]:
    return {said.name: said.kind for said in verdict(trust)}


def test_a_true_map_passes_every_check() -> None:
    trust = planted((PART * FILM)[..., 0])
    assert set(kinds(trust).values()) == {"for"} and headline(verdict(trust)).startswith("None of the 5 checks")


def test_a_planted_constant_map_and_one_of_another_place_are_not_faithful() -> None:
    elsewhere = np.roll((PART * FILM)[..., 0], (14, -14), axis=(0, 1))
    assert kinds(planted(elsewhere))["Faithfulness"] == "against"
    assert kinds(planted(np.ones((SIDE, SIDE), np.float32)))["Faithfulness"] == "against"


def test_a_film_that_scores_below_an_empty_one_is_judged_by_what_raises_its_score() -> None:
    true, against = (PART * FILM)[..., 0], np.roll(PART, (14, -14), axis=(0, 1))

    def outputs(films: np.ndarray) -> np.ndarray:  # what speaks against the finding outweighs what speaks for it
        return (films * (PART - 2 * against)).sum(axis=(1, 2, 3))

    for heatmap, kind in ((true, "for"), ((against * FILM)[..., 0], "against")):
        curves = {"deletion": deletion, "insertion": insertion}
        made = {name: check(outputs, FILM, 0 * FILM, heatmap) for name, check in curves.items()}
        blind = [random_heatmap(SIDE, seed) for seed in range(CONTROLS)]
        controls = {f"{name}_controls": tuple(check(outputs, FILM, 0 * FILM, one) for one in blind)
                    for name, check in curves.items()}
        assert made["deletion"].values[0] < made["deletion"].values[-1]
        assert kinds(replace(planted(true), **made, **controls))["Faithfulness"] == kind


def beside_random(without: float, alone: float, spread: float = 0.02) -> Trust:
    """Curves whose means are better than the mean of random maps by so much of the reach, 1; worse under 0. `spread` is
    how far from that mean the random maps' own lie, to both sides."""
    def curve(mean: float) -> Curve:
        return Curve(np.linspace(0, 1, 5), np.array([1, *3 * [(5 * mean - 1) / 3], 0]), float("nan"))

    return replace(planted((PART * FILM)[..., 0]), deletion=curve(0.5 - without), insertion=curve(0.5 + alone),
                   deletion_controls=tuple(curve(0.5 + one) for one in (-spread, 0, spread)),
                   insertion_controls=tuple(curve(0.5 + one) for one in (-spread, 0, spread)))


@pytest.mark.parametrize(("without", "alone", "kind", "words"), [
    (0.1, 0.1, "for", ("falls lower than", "rises higher than")),
    (0.1, 0.0, "open", ("in part", "falls lower than", "cannot be told from that")),
    (0.0, 0.1, "open", ("in part", "cannot be told from that", "rises higher than")),
    (0.0, 0.0, "against", ("cannot be told from a random one",)),
    (-0.1, 0.0, "against", ("worse than a random one", "stays higher than", "cannot be told from that")),
    (-0.1, -0.1, "against", ("worse than a random one", "stays higher than", "stays lower than")),
    (-0.1, 0.1, "against", ("fails the other", "stays higher than", "rises higher than")),
    (0.1, -0.1, "against", ("fails the other", "falls lower than", "stays lower than")),
])
def test_a_map_that_is_worse_than_random_in_either_direction_is_said_to_be_so(
    without: float, alone: float, kind: str, words: tuple[str, ...]
) -> None:
    said = verdict(beside_random(without, alone))
    found = next(one for one in said if one.name == "Faithfulness")
    assert found.kind == kind and [one for one in words if one not in found.text] == []
    assert ("faithfulness" in headline(said)) == (kind == "against")
    assert ("faithfulness in part" in headline(said)) == (without * alone < 0)


@pytest.mark.parametrize(("without", "alone"), [(0.1, 0.1), (-0.1, -0.1), (-0.1, 0.1)])
def test_a_map_no_further_from_random_ones_than_they_are_from_each_other_is_not_told_from_them(
    without: float, alone: float
) -> None:
    found = next(one for one in verdict(beside_random(without, alone, spread=0.15)) if one.name == "Faithfulness")
    assert found.kind == "against" and "cannot be told from a random one" in found.text


def test_areas_are_not_told_of_a_film_that_scores_no_higher_than_an_empty_one() -> None:
    trust = planted((PART * FILM)[..., 0])
    assert areas_in_words(trust).endswith(f"put in {trust.insertion.area:.2f} "
                                          f"(random {np.mean([one.area for one in trust.insertion_controls]):.2f}).")
    curves = {name: check(lambda films: -(films * PART).sum(axis=(1, 2, 3)), FILM, 0 * FILM, trust.cell.heatmap)
              for name, check in (("deletion", deletion), ("insertion", insertion))}
    assert "mean nothing here" in areas_in_words(replace(trust, **curves)) and areas_in_words(Trust(trust.cell)) == ""


def with_gap(gap: float, method: str = "ig") -> Said:
    """What is said of a map's completeness."""
    trust = planted((PART * FILM)[..., 0])
    cell = replace(trust.cell, method=method, receipt=replace(trust.cell.receipt, gap=(gap,)))
    return next(one for one in verdict(replace(trust, cell=cell)) if one.name == "Completeness")


def test_the_gap_of_guided_integrated_gradients_is_put_down_to_its_path_not_to_the_film() -> None:
    guided, straight = with_gap(3.2, "guided_ig"), with_gap(3.2)
    assert "with any number of steps" in guided.text and "empty film" not in guided.text
    assert "an empty film's" in straight.text and "any number" not in straight.text
    assert guided.kind == straight.kind == "against"
    assert with_gap(0.01, "guided_ig").kind == "open" and "by chance" in with_gap(0.01, "guided_ig").text
    assert "empty film" not in with_gap(0.4).text  # which leaves out a part, not more than all


def test_the_words_tell_that_only_what_speaks_for_the_finding_is_drawn_and_how_much_speaks_against_it() -> None:
    values = np.zeros((SIDE, SIDE), np.float32)
    values[:4], values[4:8] = 50 / (4 * SIDE), -48.4 / (4 * SIDE)
    trust = planted(make_heatmap(values))
    (said, *_) = verdict(replace(trust, cell=replace(trust.cell, values=values)))
    assert said.kind == "for" and "97% as much, is not drawn" in said.text and "signed values" in said.text
    assert with_gap(0.01).text == "The map accounts for the whole change of the score."  # nothing speaks against it


def test_each_failing_check_is_named_in_the_headline() -> None:
    trust = planted((PART * FILM)[..., 0])
    blind = replace(trust, randomisation=Randomisation(("logits", "stem"), (0.9, 0.8)))  # as an edge detector's
    jumping = replace(blind, stability=Stability(0.9, 0.2, 0.9))
    outside = replace(jumping, lungs=LungShare(0.2, 0.4, 0.4))
    told = headline(verdict(outside))
    assert told.startswith("3 of the 5 checks speak against")
    assert "randomised weights, stability, inside the chest" in told
    poor = replace(trust, cell=replace(trust.cell, receipt=replace(trust.cell.receipt, gap=(1.7,))))
    assert headline(verdict(poor)).startswith("1 of the 5 checks speaks against this map: completeness")


def test_the_headline_tells_what_is_left_open_and_claims_no_truth() -> None:
    trust = planted((PART * FILM)[..., 0])
    assert headline(verdict(trust)) == (
        "None of the 5 checks speaks against this map, which does not make it true.")
    partly = replace(trust, stability=Stability(0.6, 0.9, 0.9))
    assert headline(verdict(partly)) == (
        "None of the 5 checks speaks against this map, which does not make it true; 1 leaves it open.")
    both = replace(partly, randomisation=Randomisation(("logits", "stem"), (0.9, 0.9)), lungs=LungShare(0.4, 0.4, 0.4))
    assert headline(verdict(both)) == (
        "1 of the 5 checks speaks against this map: randomised weights; 2 leave it open.")
    (found,) = [one for one in verdict(partly) if one.name == "Stability"]
    assert headline([found]) == "No check tells for or against this map." and "Nothing" in headline([])


def test_what_cannot_be_told_is_left_open() -> None:
    trust = planted((PART * FILM)[..., 0])
    trust = replace(trust, lungs=None, lungs_found=False, stability=Stability(0.9, float("nan"), 0.9))
    assert kinds(trust)["Inside the chest"] == kinds(trust)["Stability"] == "open"
    near = replace(trust, lungs=LungShare(0.39, 0.4, 0.4), lungs_found=True)
    assert kinds(near)["Inside the chest"] == "open" and not near.lungs.is_outside


@pytest.mark.parametrize(("least", "kind", "words"), [
    (0.45, "against", "jumps"), (0.57, "open", "moves in part"), (0.79, "open", "moves in part"),
    (0.85, "for", "stays largely where it is"),
])
def test_a_map_is_said_to_stay_only_where_most_of_it_does(least: float, kind: str, words: str) -> None:
    trust = planted((PART * FILM)[..., 0])
    for found in (Stability(least, 0.9, 0.95), Stability(0.9, least, 0.95), Stability(0.9, 0.95, least)):
        said = next(one for one in verdict(replace(trust, stability=found)) if one.name == "Stability")
        assert said.kind == kind and words in said.text


@pytest.mark.parametrize(("last", "kind", "words"), [
    (0.9, "against", "nearly the same"), (0.57, "against", "keeps much"), (0.4, "open", "changes in part"),
    (0.1, "for", "changes"),
])
def test_a_map_is_said_to_stay_under_random_weights_as_far_as_it_does(last: float, kind: str, words: str) -> None:
    trust = replace(planted((PART * FILM)[..., 0]), randomisation=Randomisation(("logits", "stem"), (0.9, last)))
    said = next(one for one in verdict(trust) if one.name == "Randomised weights")
    assert said.kind == kind and words in said.text and ("same" in said.text) == (last > 0.8)


def test_likeness_to_a_wholly_random_network_that_cannot_be_told_does_not_speak_for_the_map() -> None:
    trust = planted((PART * FILM)[..., 0])
    assert kinds(trust)["Randomised weights"] == "for"
    same = replace(trust, randomisation=Randomisation(("logits", "middle", "stem"), (0.9, 0.95, float("nan"))))
    assert kinds(same)["Randomised weights"] == "open"
    partly = replace(trust, randomisation=Randomisation(("logits", "stem"), (0.6, 0.49)))
    assert kinds(partly)["Randomised weights"] == "open"
    early = replace(trust, randomisation=Randomisation(("logits", "middle", "stem"), (float("nan"), 0.3, 0.1)))
    assert kinds(early)["Randomised weights"] == "for"


def test_an_edge_detector_is_flagged_as_it_does_not_know_the_network(
    reading: Reading, classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    def edges(classifier: Classifier, batch: np.ndarray, *_: object, **__: object) -> np.ndarray:
        down, across = np.gradient(batch[0, ..., 0])
        return np.hypot(down, across).astype(np.float32)

    monkeypatch.setattr(room, "draw_map", edges)
    (true,) = draw_cell(reading, classifier, "gradient", "Edema")
    values = edges(classifier, reading.batch)
    cell = replace(true, values=values, heatmap=make_heatmap(values))
    *_, last = check_map(reading, classifier, cell, lambda: randomised(MODEL))
    assert len(last.randomisation.likeness) == STAGES and last.randomisation.likeness[-1] == pytest.approx(1)
    assert kinds(last)["Randomised weights"] == "against" and "randomised weights" in headline(verdict(last))


@pytest.mark.parametrize("method", ["gradient", "smooth_ig"])
def test_the_checks_draw_each_map_once_and_a_smoothgrad_with_fewer_films(
    reading: Reading, classifier: Classifier, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    drawn: list[bytes] = []
    samples: set[int] = set()

    def counted(by: Classifier, batch: np.ndarray, *_: object, **given: object) -> np.ndarray:
        drawn.append(batch.tobytes())
        samples.add(given["samples"])
        return np.abs(batch[0, ..., 0])

    monkeypatch.setattr(room, "draw_map", counted)
    (cell,) = draw_cell(reading, classifier, "gradient", "Edema")
    *_, last = check_map(reading, classifier, replace(cell, method=method), lambda: [("logits", classifier)] * STAGES)
    assert len(drawn) == 1 + 3 + STAGES  # the map, the film moved twice and with noise, and the network's stages
    assert len(set(drawn)) == 4 and drawn.count(reading.batch.tobytes()) == 1 + STAGES
    assert samples == {SAMPLES} and SAMPLES < ALL_SAMPLES
    said = {one.name: one.numbers for one in verdict(last)}
    for name in ("Stability", "Randomised weights"):
        assert ("noisy films" in said[name]) == (method != "gradient")


def test_a_path_is_held_against_the_gradient_at_the_film_alone(reading: Reading, classifier: Classifier) -> None:
    (cell,) = draw_cell(reading, classifier, "guided_ig", "Edema", baseline="white")
    first = next(check_map(reading, classifier, cell, lambda: []))
    column, white = (reading.spec.findings.index("Edema"),), np.ones_like(reading.batch)
    _, slopes = classifier.gradients(reading.batch, column)
    change = float((classifier.outputs(reading.batch, column) - classifier.outputs(white, column))[0, 0])
    told = float((slopes[0] * (reading.batch - white)).sum())
    assert first.gap_at_film == (pytest.approx(abs(told - change) / abs(change), rel=1e-3, abs=1e-4),)
    assert f"at the film alone {first.gap_at_film[0]:.0%}" in verdict(first)[0].numbers
    (other,) = draw_cell(reading, classifier, "gradient", "Edema")
    assert next(check_map(reading, classifier, other, lambda: [])).gap_at_film == ()


def test_a_map_of_a_real_network_is_checked_in_stages_and_packed(reading: Reading, classifier: Classifier) -> None:
    (cell,) = draw_cell(reading, classifier, "gradient", "Edema")
    steps: list[tuple[int, int]] = []
    told = check_map(reading, classifier, cell, lambda: randomised(MODEL), on_step=lambda *how: steps.append(how))
    stages = list(told)
    last = stages[-1]
    assert [one.is_last for one in stages] == [False] * (len(stages) - 1) + [True]
    assert [one.steps for one in stages] == sorted({one.steps for one in stages})
    assert steps == sorted(steps) and all(done <= most for done, most in steps)
    assert len(last.deletion_controls) == CONTROLS and len(last.randomisation.layers) == STAGES
    column = (reading.spec.findings.index("Edema"),)
    whole = float(classifier.outputs(reading.batch, column)[0, 0])
    assert last.deletion.values[0] == pytest.approx(whole, abs=1e-4) == last.insertion.values[-1]
    assert last.lungs is not None and abs(last.alike) < 0.5
    packed = zipfile.ZipFile(io.BytesIO(to_zip(reading.radiograph, {"a gradient": Packed(cell, last)})))
    report = json.loads(packed.read("report.json"))
    (row,) = report["maps"]
    assert row["finding"] == "Edema" and row["receipt"]["gap"] == [] and row["digest"] == reading.prediction.digest
    assert row["trust"]["headline"] == headline(verdict(last))
    assert row["trust"]["deletion"]["logit"][0] == pytest.approx(whole, abs=1e-4)
    for name, controls in (("deletion", last.deletion_controls), ("insertion", last.insertion_controls)):
        area = row["trust"][name]["area_random"]
        assert area == pytest.approx(np.mean([one.area for one in controls]))
    assert packed.read("maps/a gradient.png").startswith(b"\x89PNG")
    arrays = np.load(io.BytesIO(packed.read("maps.npz")))
    assert arrays["a gradient"].dtype == np.float32
    np.testing.assert_array_equal(arrays["a gradient"], cell.values)
    np.testing.assert_array_equal(arrays["a gradient heatmap"], cell.heatmap)
