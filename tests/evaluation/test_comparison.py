"""DeLong, Holm, curves and comparisons against truths."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from cxr_core.errors import DataError
from cxr_core.evaluation.comparison import compare, match_films, shared_subsets
from cxr_core.evaluation.curves import RocCurve, roc_band, worth
from cxr_core.evaluation.delong import delong, holm, obuchowski
from cxr_core.evaluation.results import ABOUT, SUBSETS, Results, load_results, subset
from cxr_core.findings import COVID3

RNG = np.random.default_rng(4)


def by_definition(positive: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """DeLong 1988, equations 2 to 6, by the kernel over all pairs."""
    ill, well = scores[positive == 1], scores[positive == 0]
    kernel = (ill[:, None] > well[None]) + 0.5 * (ill[:, None] == well[None])
    v10, v01 = kernel.mean(axis=1), kernel.mean(axis=0)
    s10, s01 = np.atleast_2d(np.cov(v10.T)), np.atleast_2d(np.cov(v01.T))
    return kernel.mean(axis=(0, 1)), s10 / len(ill) + s01 / len(well)


def test_the_fast_form_is_the_definition_with_ties_too() -> None:
    for _ in range(20):
        positive = (RNG.random(60) < 0.3).astype(int)
        positive[:2] = [0, 1]
        scores = np.round(RNG.normal(size=(60, 3)) + positive[:, None], 1)
        fast, (auc, covariance) = delong(positive, scores), by_definition(positive, scores)
        np.testing.assert_allclose(fast.auc, auc, atol=1e-12)
        if positive.sum() > 1:
            np.testing.assert_allclose(fast.covariance, covariance, atol=1e-12)


def test_the_auc_is_scikit_learns() -> None:
    positive, scores = (RNG.random(500) < 0.1).astype(int), np.round(RNG.normal(size=500), 2)
    assert delong(positive, scores).auc[0] == pytest.approx(roc_auc_score(positive, scores))


def test_a_paired_test_rejects_equal_models_as_often_as_it_says() -> None:
    rejected = 0
    for _ in range(1000):
        positive = np.repeat([1, 0], [50, 150])
        film = RNG.normal(size=200) + positive
        rejected += delong(positive, film[:, None] + RNG.normal(size=(200, 2))).test()[1] < 0.05
    assert 0.03 <= rejected / 1000 <= 0.07


@pytest.mark.parametrize(("ill_patients", "films"), [(40, 5), (15, 4)])
def test_by_patient_equal_models_differ_as_seldom_as_is_said_where_films_cluster(ill_patients: int, films: int) -> None:
    """Each model errs with a patient as a whole; a patient with the finding has it on half of the films."""
    rng, draws, by_film, clustered = np.random.default_rng(21), 1000, 0, 0
    patients = np.arange(100 + ill_patients).repeat(films)
    for _ in range(draws):
        positive = (patients < ill_patients) & (rng.random(len(patients)) < 0.5)
        alike, apart = rng.normal(size=100 + ill_patients), rng.normal(size=(100 + ill_patients, 2))
        scores = (0.6 * alike[:, None] + 0.8 * apart)[patients] + 0.4 * rng.normal(size=(len(patients), 2))
        scores += positive[:, None]
        by_film += delong(positive, scores).test()[1] < 0.05
        clustered += obuchowski(positive, scores, patients).test()[1] < 0.05
    assert 0.03 <= clustered / draws <= 0.07 and by_film / draws > 0.15


def test_of_one_film_each_the_covariance_by_patient_is_delongs_but_for_its_small_sample_factor() -> None:
    positive = (RNG.random(3000) < 0.3).astype(int)
    scores = RNG.normal(size=(3000, 2)) + positive[:, None]
    one, other = delong(positive, scores), obuchowski(positive, scores, RNG.permutation(3000))
    np.testing.assert_allclose(other.auc, one.auc)
    np.testing.assert_allclose(other.covariance, one.covariance, rtol=0.001)
    assert np.isnan(obuchowski(positive, scores, positive).test()).all()  # one patient of each class


def test_the_same_scores_do_not_differ() -> None:
    scores = np.array([0.1, 0.2, 0.3, 0.4])
    assert delong(np.array([0, 0, 1, 1]), np.stack([scores, scores], axis=1)).test() == (0.0, 1.0)


def test_of_one_film_of_a_class_no_variance_is_known() -> None:
    for positive in (np.array([1, 0, 0, 0]), np.array([0, 1, 1, 1])):
        told = delong(positive, np.array([[0.3, 0.1], [0.1, 0.3], [0.2, 0.4], [0.4, 0.2]]))
        assert np.isnan(told.covariance).all() and np.isnan([*told.interval(), *told.test()]).all()
        assert np.isfinite(told.auc).all()


def test_one_class_and_no_number_are_errors_in_words() -> None:
    with pytest.raises(ValueError, match="both classes"):
        delong(np.zeros(4), np.arange(4.0))
    with pytest.raises(ValueError, match="not a number"):
        delong(np.array([0, 1]), np.array([np.nan, 1]))


def test_holm_of_a_counted_example() -> None:
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03, 0.005])), [0.03, 0.06, 0.06, 0.02])
    np.testing.assert_allclose(holm(np.array([np.nan, 0.01, np.nan, 0.04])), [np.nan, 0.02, np.nan, 0.04])
    assert holm(np.empty(0)).shape == (0,)


def test_a_roc_curve_of_a_counted_example() -> None:
    curve = RocCurve.from_predictions(np.array([1, 0, 1, 0]), np.array([0.9, 0.8, 0.7, 0.1]))
    assert curve.auc == 0.75 and curve.positives == 2
    at = list(curve.thresholds).index(0.9)
    assert (curve.false[at], curve.true[at], curve.predictive_value()[at]) == (0, 0.5, 1)
    assert RocCurve.from_predictions(np.zeros(3), np.ones(3)) is None


def test_a_band_holds_its_curve_and_constant_scores_have_a_row() -> None:
    positive = (RNG.random(300) < 0.3).astype(int)
    scores = RNG.normal(size=300) + positive
    grid, low, high = roc_band(positive, scores, np.arange(300) // 2)
    curve = RocCurve.from_predictions(positive, scores)
    inside = np.interp(grid, curve.false, curve.true)
    assert (low - 1e-9 <= inside).mean() > 0.95 and (inside <= high + 1e-9).mean() > 0.95
    row = worth("Mass", positive, np.full(300, 0.3), 0.5, (0.4, 0.6))
    assert row.auc == 0.5 and row.sensitivity == 0 and row.specificity == 1
    for one_class in (np.ones(9), np.zeros(9)):
        assert np.isnan(worth("Mass", one_class, np.linspace(0, 1, 9), None, (0, 1)).average_precision)


def results(model_id: str, quality: float, count: int = 400, labels: np.ndarray | None = None) -> Results:
    rng = np.random.default_rng(7)
    labels = (rng.random((count, 2)) < 0.3).astype(float) if labels is None else labels
    raw = np.random.default_rng(len(model_id)).normal(size=labels.shape) + quality * labels
    films = pd.DataFrame(
        {"subset": "test", "image": [f"{n:04}.png" for n in range(count)], "patient": np.arange(count) // 3, "age": 50, "sex": "F",
         "view": "PA", "slice": "natural"})
    return Results(model_id, ("Mass", "Nodule"), "v", films, labels, raw, 1 / (1 + np.exp(-raw)))


def test_a_better_model_is_called_better_and_an_equal_one_is_not() -> None:
    good, bad, same = results("good", 2.0), results("worse", 0.5), results("equal!", 2.0)
    clear = compare(good, bad, replicates=200)
    assert clear.low > 0 and "good has the higher mean AUC" in clear.sentence()
    assert all(one.corrected >= one.p and one.p_patient_holm >= one.p_patient for one in clear.findings)
    assert "cannot tell" in compare(good, same, replicates=200).sentence()


def test_a_difference_has_the_sign_of_the_sentence_and_each_finding_says_who_is_higher() -> None:
    good, bad = results("good", 2.0), results("worse", 0.5)
    one, other = compare(good, bad, replicates=200), compare(bad, good, replicates=200)
    assert other.mean_difference == -one.mean_difference < 0  # first less second, as the table has it
    assert one.sentence() == other.sentence() and "good has the higher mean AUC" in one.sentence()
    assert f"difference +{one.mean_difference:.3f} (95% by patient +{one.low:.3f} to +{one.high:.3f})" in one.sentence()
    assert "by patient: Mass (good higher), Nodule (good higher)." in one.sentence()
    alike = compare(good, results("equal!", 2.0), replicates=50)
    assert f"difference, good less equal!, {alike.mean_difference:+.3f} (95%" in alike.sentence()


def test_a_finding_of_other_labels_is_left_out_by_name_and_the_rest_is_compared() -> None:
    good, bad = results("good", 2.0), results("worse", 0.5)
    labels = bad.labels.copy()
    labels[7, 1] = 1 - labels[7, 1]
    told = compare(good, replace(bad, labels=labels), replicates=50)
    assert told.other_labels == ("Nodule",) and [one.finding for one in told.findings] == ["Mass"]
    assert told.sentence().endswith("Not compared, as their labels of the same films differ: Nodule.")
    assert told.findings[0].p_patient == compare(good, bad, replicates=50).findings[0].p_patient
    assert "differ:" not in compare(good, bad, replicates=50).sentence()


def test_equal_models_are_not_called_different_on_findings_of_few_positives() -> None:
    """DeLong's own test calls them different 82, 22, 13, 12 and 8 times of 100, with 1, 2, 3, 5 and 9 ill films."""
    ill, rng, rejected, claimed = (1, 2, 3, 5, 9, 60), np.random.default_rng(11), 0, 0
    labels = np.stack([np.arange(300) < count for count in ill], axis=1).astype(float)
    keys = ("Hernia", "Fibrosis", "Edema", "Mass", "Nodule", "Effusion")
    films = pd.DataFrame({name: "" for name in ABOUT}, index=range(300)).assign(
        subset="test", image=[f"{n:04}.png" for n in range(300)], patient=np.arange(300))
    for _ in range(150):
        film = rng.normal(size=labels.shape) + labels
        one, other = (
            Results(name, keys, "v", films, labels, scores, scores)
            for name in ("one", "other") for scores in [film + rng.normal(size=labels.shape)]
        )
        told = compare(one, other, replicates=20)
        *few, many = told.findings
        assert np.isnan([[row.z, row.p, row.corrected] for row in few]).all() and many.corrected == many.p
        assert not any(row.counts for row in few) and many.p_patient_holm == many.p_patient > many.p
        assert [row.positives for row in few] == list(ill[:-1])
        assert "fewer than 10 ill or well patients: 5." in told.sentence()
        rejected += many.p_patient < 0.05
        claimed += "Single findings that differ" in told.sentence()
    assert claimed == rejected <= 15  # 7.5 of 150 are expected


def test_findings_with_few_well_films_are_not_tested_either() -> None:
    labels = np.repeat([[1.0, 0.0]], 400, axis=0)
    labels[:9, 0], labels[:200, 1] = 0, 1
    told = compare(results("good", 2.0, labels=labels), results("worse", 0.5, labels=labels), replicates=20)
    mass, nodule = told.findings
    assert np.isnan(mass.p) and nodule.corrected == nodule.p < 0.05
    few = labels.copy()
    few[:, 1] = np.arange(400) < 9
    none = compare(results("good", 2.0, labels=few), results("worse", 0.5, labels=few), replicates=20)
    assert "nothing is concluded" in none.sentence() and np.isnan([none.mean_difference, none.low]).all()
    few[:, 0] = labels[:, 1]
    assert compare(*(results(name, 1.0, labels=few) for name in ("a", "bb")), replicates=20).counted == 1


def test_ten_ill_films_of_few_patients_are_a_test_by_film_and_no_claim() -> None:
    """`results` gives each patient three films."""
    labels = np.repeat([[1.0, 0.0]], 400, axis=0)
    labels[:200, 0], labels[:29, 1] = 0, 1
    told = compare(results("good", 2.0, labels=labels), results("worse", 0.0, labels=labels), replicates=50)
    mass, nodule = told.findings
    assert np.isfinite([mass.p_patient, nodule.p_patient]).all() and told.counted == 2
    labels[21:29, 1] = 0  # 21 films, 7 patients
    told = compare(results("good", 2.0, labels=labels), results("worse", 0.0, labels=labels), replicates=50)
    mass, nodule = told.findings
    assert nodule.p < 0.05 and np.isnan([nodule.p_patient, nodule.p_patient_holm]).all() and not nodule.why_untested
    assert (told.counted, told.mean_difference) == (1, mass.difference) and mass.p_patient_holm == mass.p_patient
    assert "by patient: Mass (good higher). Left out" in told.sentence() and "AUC of the one finding" in told.sentence()


def test_the_mean_leaves_no_finding_out_and_says_over_how_many_it_is() -> None:
    keys = ("Mass", "No Finding")
    good, bad = (replace(results(name, quality), findings=keys) for name, quality in (("good", 2.0), ("worse", 0.5)))
    told = compare(good, bad, replicates=100)
    mass, healthy = told.findings
    assert (told.counted, healthy.finding) == (1, "No Finding") and np.isfinite(healthy.p)
    assert told.mean_difference == mass.difference != healthy.difference
    alone = compare(*(one.where(np.ones(400, bool)) for one in (replace(good, findings=("Mass", "Nodule")), bad)),
                    replicates=100)
    assert (told.low, told.high) == (alone.low, alone.high) and "AUC of the one finding both know" in told.sentence()
    assert "over the 2 findings both know" in compare(
        results("good", 2.0), results("worse", 0.5), replicates=20).sentence()


def test_models_are_matched_by_film_not_by_row() -> None:
    good = results("good", 2.0)
    order = np.random.default_rng(1).permutation(len(good))
    mixed = Results("mixed", good.findings, "v", good.films.iloc[order].reset_index(drop=True), good.labels[order],
                    good.raw[order], good.probability[order])
    told = compare(good, mixed, replicates=50)
    assert told.mean_difference == pytest.approx(0) and all(one.p == 1 for one in told.findings)


def placed(model_id: str, paths: list[str], subsets: list[str] | None = None, quality: float = 1.0) -> Results:
    """Results on films at these paths; films of one path have the same label whatever the order."""
    labels = np.array([[len(path) % 2, len(path) % 3 == 0] for path in paths], float)
    told = results(model_id, quality, len(paths), labels)
    return replace(told, films=told.films.assign(
        path=paths, image=[path.rsplit("/", 1)[-1] for path in paths], subset=subsets or "test",
    ))


def test_films_of_one_name_are_matched_by_as_much_of_their_paths_as_tells_them_apart() -> None:
    one = placed("one", ["a/x/1.png", "b/x/1.png", "b/x/2.png", "c/9.png"])
    other = placed("other", ["root/b/x/1.jpg", "somewhere/2.png", "root/a/x/1.jpg"])
    rows, others = match_films(one, other)
    pairs = {(one.films["path"][row], other.films["path"][place]) for row, place in zip(rows, others, strict=True)}
    assert pairs == {("a/x/1.png", "root/a/x/1.jpg"), ("b/x/1.png", "root/b/x/1.jpg"), ("b/x/2.png", "somewhere/2.png")}
    with pytest.raises(DataError, match="1 names that several films bear"):
        match_films(placed("one", ["1.png", "1.png"]), other)


def test_films_of_different_subsets_never_come_into_one_comparison() -> None:
    paths = [f"{number}.png" for number in range(60)]
    ours = placed("ours", paths, ["test_wide"] * 20 + ["test"] * 30 + ["odd"] * 10)
    theirs = placed("theirs", paths[::-1], ["all"] * 60)
    for one, other in ((ours, theirs), (theirs, ours), (ours, ours)):
        shared = shared_subsets(one, other)
        assert [(part.name, len(part.first), len(part.second)) for part in shared] == [
            ("test", 30, 30), ("test_wide", 20, 20), ("odd", 10, 10)
        ]
        for part in shared:
            assert set(part.first.films["image"]) == set(part.second.films["image"])
            assert set(part.first.films["image"]) == set(ours.films["image"][ours.films["subset"] == part.name])
    with pytest.raises(DataError, match="share no film"):
        shared_subsets(ours, placed("strange", ["x.png"]))


def test_the_command_compares_by_subset_and_marks_a_leaky_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from cxr_core.cli import main
    from cxr_core.evaluation.provenance import Provenance
    from cxr_core.evaluation.store import file_of
    from cxr_core.evaluation.writer import write_results

    monkeypatch.setenv("CXR_HOME", str(tmp_path))
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path / "none"))
    paths = [f"{'x' * (number % 6)}{number:03}.png" for number in range(80)]
    subsets = ["test_wide"] * 30 + ["test"] * 50
    leaky = Provenance("evaluated", "two", overlap=9, leaky=True)
    for name, made in (("one", Provenance("evaluated", "one")), ("two", leaky)):
        told = placed(name, paths, subsets)
        write_results(file_of(name), replace(told, raw=told.probability, provenance=made))
    assert main(["results", "compare", "one", "two", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["subset"] == "test" and told["shared"] == 50 and told["findings"] == told["subsets"]["test"]["findings"]
    assert {name: part["shared"] for name, part in told["subsets"].items()} == {"test": 50, "test_wide": 30}
    assert told["leaky"] is True and told["remarks"][0].startswith("two: LEAKY on purpose: 9 patients")
    assert main(["results", "compare", "one", "two", "--subset", "test_wide", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["subset"], told["shared"], list(told["subsets"])) == ("test_wide", 30, ["test_wide"])
    assert main(["results", "compare", "one", "two"]) == 0
    said = capsys.readouterr().out
    assert "LEAKY" in said and "test: 50 films" in said and "test_wide: 30 films" in said and "80 films" in said


def test_what_is_not_tested_is_a_dash_with_its_reason_and_null_in_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of two imports, whose films are of no named subset."""
    from cxr_core.cli import main

    monkeypatch.setenv("CXR_HOME", str(tmp_path))
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path / "none"))
    names = "one", "theirs-of-thirty-letters-and-more"
    for name in names:
        lines = [f"{n}.png,{RNG.random():.3f},{int(n % 3 == 0)},{RNG.random():.3f},{int(n < 3)},{RNG.random():.3f},"
                 f"{int(n != 9)}" for n in range(60)]
        head = "image,prob_Effusion,label_Effusion,prob_Hernia,label_Hernia,prob_Mass,label_Mass"
        (tmp_path / f"{name}.csv").write_text("\n".join([head, *lines]))
        assert main(["results", "import", str(tmp_path / f"{name}.csv"), "--name", name]) == 0
    capsys.readouterr()
    assert main(["results", "compare", *names]) == 0
    said = capsys.readouterr().out
    lines = said.splitlines()
    heads, effusion = (next(line for line in lines if line.startswith(begin)) for begin in (" " * 22, "Effusion"))
    assert heads.split()[1:3] == list(names)
    assert heads.index("difference") + 10 == effusion.index(effusion.split()[4]) + len(effusion.split()[4])  # aligned
    rows = {line.split()[0]: line for line in said.splitlines() if line.startswith(("Effusion", "Hernia", "Mass"))}
    assert "nan" not in said and "all: 60 films" in said and "not tested" not in rows["Effusion"]
    assert rows["Hernia"].split()[5:10] == ["–"] * 5
    assert rows["Hernia"].endswith("not tested: 3 films with it, fewer than 10")
    assert rows["Mass"].endswith("not tested: 1 film without it, fewer than 10")
    assert main(["results", "compare", *names, "--json"]) == 0
    findings = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)["findings"]
    assert [findings["Hernia"][key] for key in ("z", "p", "p_holm", "p_patient", "p_patient_holm")] == [None] * 5
    assert findings["Hernia"]["not_tested"] == "not tested: 3 films with it, fewer than 10"
    assert findings["Effusion"]["not_tested"] is None and 0 <= findings["Effusion"]["p"] <= 1
    assert findings["Effusion"]["p_patient_holm"] == findings["Effusion"]["p_patient"] > findings["Effusion"]["p"]


def test_models_without_a_common_film_or_label_are_not_compared() -> None:
    good, other = results("good", 2.0), results("other", 1.0)
    strange = Results("s", other.findings, "v", other.films.assign(image="?"), other.labels, other.raw, other.probability)
    with pytest.raises(DataError, match="nothing to compare"):
        compare(good, strange)
    flipped = Results("f", other.findings, "v", other.films, 1 - other.labels, other.raw, other.probability)
    with pytest.raises(DataError, match="different labels"):
        compare(good, flipped)


def test_the_stored_results_of_every_shipped_model_are_whole() -> None:
    from cxr_core.models.weights import weights_folder

    shipped = [folder for folder in weights_folder().iterdir() if (folder / "results.parquet").is_file()]
    assert shipped
    for told in map(load_results, shipped):
        # models of classes have sets of their own, and so has a leaky split
        own = told.subsets if set(told.findings) == set(COVID3) or told.provenance.leaky else SUBSETS
        assert own
        for part in (subset(told, name) for name in own):
            assert len(part) > 500 and part.probability.min() >= 0 and part.probability.max() <= 1


def test_results_that_are_missing_or_broken_are_errors_in_words(tmp_path) -> None:
    with pytest.raises(DataError, match="no stored results"):
        load_results(tmp_path)
    pd.DataFrame({"subset": ["test"], "label_Mass": [1]}).to_parquet(tmp_path / "results.parquet")
    with pytest.raises(DataError, match="lack the columns"):
        load_results(tmp_path)
