"""What is wrong with a data set, or may be: patients in two parts, ages and sexes that cannot be, doubtful labels."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cxr_core.datasets.collection import Collection
from cxr_core.datasets.duplicates import Duplicates
from cxr_core.datasets.scored import FilmScores, disagreement
from cxr_core.datasets.summary import labels_of
from cxr_core.findings import title_of

TRAITS = {
    "view": "View", "age": "Age", "original_width": "Original width", "original_height": "Original height",
    "spacing_mm": "Pixel spacing", "source_width": "Width of the source", "follow_up": "Follow-up number", "sex": "Sex",
}


def patients_in_two_parts(films: Collection) -> pd.DataFrame:
    """A row per patient with films in several parts: patient, parts, films. Films of nobody's are left out."""
    table = films.index.table[["patient", "split"]].astype(str)
    known = table[(table["split"] != "") & (table["patient"] != "")]
    parts = known.groupby("patient", sort=False)["split"].nunique()
    rows = known[known["patient"].isin(parts.index[parts > 1])]
    told = rows.drop_duplicates().sort_values(["patient", "split"]).groupby("patient")["split"].agg(", ".join)
    films_of = rows["patient"].value_counts().reindex(told.index).to_numpy(int)
    return pd.DataFrame({"patient": told.index.to_numpy(), "parts": told.to_numpy(), "films": films_of})


def impossible(films: Collection) -> pd.DataFrame:
    """A row per film whose age or sex cannot be: place, image, patient, what, in words.

    An age over 120 years or under 0; an age that falls by more than a year from a film to a later one of the same
    patient; a sex that is not that of most films of the patient. Of nobody's films the age alone can be judged.
    """
    table = films.index.table
    found = []

    def tell(places: np.ndarray, words: list[str]) -> None:
        for place, what in zip(places, words, strict=True):
            row = table.iloc[place]
            found.append({"place": int(place), "image": row["image"], "patient": row["patient"], "what": what})

    if "age_written" in table:
        written = table["age_written"].to_numpy(float)
        places = np.flatnonzero(np.isfinite(written))
        tell(places, [f"age of {written[place]:.0f} years" for place in places])
    codes = pd.factorize(table["patient"].where(table["patient"] != "", table["path"]))[0]
    age, visit = table["age"].to_numpy(float), table["follow_up"].to_numpy()
    order = np.lexsort((visit, codes))
    order = order[np.isfinite(age[order])]
    falls = (np.diff(codes[order]) == 0) & (np.diff(visit[order]) > 0) & (np.diff(age[order]) < -1)
    later = order[1:][falls]
    tell(later, [f"age of {age[place]:.0f} years after {age[before]:.0f}"
                 for place, before in zip(later, order[:-1][falls], strict=True)])
    sex = table["sex"].astype(str).to_numpy()
    female = np.bincount(codes, weights=sex == "F", minlength=codes.max(initial=0) + 1)
    male = np.bincount(codes, weights=sex == "M", minlength=codes.max(initial=0) + 1)
    odd = ((sex == "F") & (male[codes] >= female[codes])) | ((sex == "M") & (female[codes] > male[codes]))
    places = np.flatnonzero(odd & (np.minimum(female, male)[codes] > 0))
    tell(places, [f"sex {sex[place]}, other films of the patient say {'M' if sex[place] == 'F' else 'F'}"
                  for place in places])
    return pd.DataFrame(found, columns=["place", "image", "patient", "what"])


def doubtful(
    films: Collection, places: np.ndarray, scores: FilmScores, finding: str, labelled: bool, most: int = 200
) -> pd.DataFrame:
    """Of the films at `places`, those whose label of a finding and score disagree most, the strongest first.

    Columns are place, image, patient, labels, score and bits, which is how much the label surprises the model.

    `labelled` asks for films that bear the label and score low; else for those that score high without it.
    """
    probability = scores.of(finding).astype(float)
    places = places[np.isfinite(probability[places])]
    labels = films.index.take(places).targets((finding,))[:, 0]
    places, labels = (one[(labels > 0.5) == labelled] for one in (places, labels))
    bits = disagreement(labels, probability[places])
    order = np.argsort(-bits, kind="stable")[:most]
    table = films.index.table.iloc[places[order]]
    return pd.DataFrame({
        "place": places[order], "image": table["image"].to_numpy(), "patient": table["patient"].to_numpy(),
        "labels": table["labels"].astype(str).to_numpy(), "score": probability[places[order]], "bits": bits[order],
    })


def duplicate_table(films: Collection, found: Duplicates) -> pd.DataFrame:
    """A row per pair: the films' names, patients and parts, how alike they are, and what is odd about it."""
    table = films.index.table
    rows = []
    for pair in found.pairs:
        first, second = table.iloc[pair.first], table.iloc[pair.second]
        odd = [words for words, is_so in (
            ("mirrored", pair.mirrored), ("two patients", first["patient"] != second["patient"]),
            ("two parts", first["split"] != second["split"]),
            ("other labels", set(str(first["labels"]).split("|")) != set(str(second["labels"]).split("|"))),
        ) if is_so]
        rows.append({
            "first": first["image"], "second": second["image"], "likeness": pair.likeness,
            "patients": " / ".join(dict.fromkeys((str(first["patient"]), str(second["patient"])))),
            "parts": " / ".join(dict.fromkeys((str(first["split"]), str(second["split"])))), "odd": ", ".join(odd),
            "place_first": pair.first, "place_second": pair.second,
        })
    return pd.DataFrame(rows, columns=["first", "second", "likeness", "patients", "parts", "odd", "place_first",
                                       "place_second"])


def known_traits(films: Collection) -> pd.DataFrame:
    """The traits of the films that may give a finding away, those that differ among films: a column each."""
    table = films.index.table
    there = [name for name in TRAITS if name in table]
    traits = pd.DataFrame({TRAITS[name]: table[name] for name in there})
    for name in ("View", "Sex"):
        if name in traits:
            traits[name] = traits[name].astype(str)
    return traits[[name for name in traits if traits[name].replace("", np.nan).nunique() > 1]]


def measures(films: Collection, places: np.ndarray) -> pd.DataFrame:
    """What two groups of films are compared by: findings as 0 and 1, and traits as numbers, a row per film."""
    table = films.index.table.iloc[places]
    targets = labels_of(films.index.take(places), films.summary.findings, films.summary.none)
    told = {title_of(name): targets[:, column] for column, name in enumerate(films.summary.findings)}
    told[title_of(films.summary.none)] = (targets.sum(axis=1) == 0).astype(float)
    for column, yes, no, name in (("sex", "F", "M", "Women"), ("view", "AP", "PA", "Taken AP")):
        words = table[column].astype(str)
        told[name] = np.where(words == yes, 1.0, np.where(words == no, 0.0, np.nan))
    for column in ("age", "follow_up", "original_width", "original_height", "spacing_mm"):
        if column in table:
            told[TRAITS[column]] = table[column].to_numpy(float)
    return pd.DataFrame(told)
