"""An ensemble is the mean of what its members say, each of the film as it sees it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import tiny_training as tiny

FINDINGS = ("Effusion", "Mass")


def test_a_film_is_shrunk_as_it_is_for_a_network_alone() -> None:
    from cxr_core.models.networks.ensemble import Shrink

    film = np.random.default_rng(0).random((299, 299)).astype(np.float32)
    told = np.asarray(Shrink(299, 128)(film[None, ..., None]))[0, ..., 0]
    np.testing.assert_allclose(told, cv2.resize(film, (128, 128), interpolation=cv2.INTER_AREA), atol=1e-5)


def test_it_says_which_of_the_models_it_is_the_mean_of() -> None:
    from cxr_core.models.card import load_card
    from cxr_core.models.registry import MODELS

    ensembles = [spec for spec in MODELS.values() if spec.members]
    others = [one for one in MODELS.values() if not one.exclusive and not one.members]
    assert len({spec.title for spec in ensembles}) == len(ensembles) == 2
    for spec in ensembles:
        assert f"mean of {len(spec.members)} of the {len(others)} NIH models" in spec.title
        for member in spec.members:
            assert MODELS[member].title.rpartition(" · ")[0] in spec.source
        told = load_card(Path(__file__).parents[2] / "weights" / spec.id).model
        assert (told.title, told.source) == (spec.title, spec.source)


def test_an_ensemble_is_the_mean_of_the_calibrated_members_that_know_a_finding() -> None:
    import keras

    from cxr_core.models.networks.ensemble import Member, build

    keras.utils.set_random_seed(1)
    rng = np.random.default_rng(1)
    specs = [tiny.SPEC, replace(tiny.SPEC, id="small", size=8, findings=("Effusion",), scaling="unit", channels=3),
             replace(tiny.SPEC, id="soft", activation="softmax")]
    members = [Member(one, tiny.build(one), rng.normal(1, 0.3, (len(one.findings), 2))) for one in specs]
    spec = replace(tiny.SPEC, id="all", channels=1, scaling="unit", findings=FINDINGS)
    film = rng.random((2, 16, 16, 1)).astype(np.float32)
    small = np.stack([cv2.resize(one[..., 0], (8, 8), interpolation=cv2.INTER_AREA) for one in film])
    seen = [film * 2 - 1, np.repeat(small[..., None], 3, axis=-1), film * 2 - 1]

    said = {key: [] for key in FINDINGS}
    for member, films in zip(members, seen):
        p = np.asarray(member.model(films), np.float64)
        a, b = member.platt.T
        calibrated = 1 / (1 + np.exp(-(a * np.log(p / (1 - p)) + b)))
        for column, key in enumerate(member.spec.findings):
            said[key].append(calibrated[:, column])
    assert [len(said[key]) for key in FINDINGS] == [3, 2]
    truth = np.stack([np.mean(said[key], axis=0) for key in FINDINGS], axis=1)
    np.testing.assert_allclose(np.asarray(build(spec, members)(film)), truth, atol=1e-5)


def test_what_is_known_of_the_patient_adds_its_log_odds_and_what_is_not_adds_nothing() -> None:
    import keras

    from cxr_core.models.networks.ensemble import Member, Patient, build

    keras.utils.set_random_seed(2)
    rng = np.random.default_rng(2)
    specs = [replace(tiny.SPEC, id="plain"), replace(tiny.SPEC, id="small", size=8)]
    members = [Member(one, tiny.build(one), rng.normal(1, 0.3, (2, 2))) for one in specs]
    spec = replace(tiny.SPEC, id="told", scaling="unit", clinical=True, members=("plain", "small"))
    patient = Patient(rng.random(17).astype(np.float32), rng.normal(size=(2, 17)).astype(np.float32))
    film, told = rng.random((5, 16, 16, 1)).astype(np.float32), rng.random((5, 17)).astype(np.float32)
    alone = np.asarray(build(replace(spec, clinical=False), members)(film), np.float64)
    whole = build(spec, members, patient)
    np.testing.assert_allclose(whole([film, np.tile(patient.neutral, (5, 1))]), alone, atol=1e-5)
    logits = np.log(alone / (1 - alone)) + (told - patient.neutral) @ patient.log_odds.T
    np.testing.assert_allclose(whole([film, told]), 1 / (1 + np.exp(-logits)), atol=1e-5)
