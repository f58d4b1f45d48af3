"""What age, sex, view and earlier findings tell of a film's findings before it is looked at: a logistic regression."""

from __future__ import annotations

import numpy as np

from cxr_core.datasets.index import Index
from cxr_core.models.card import ClinicalCard
from cxr_core.models.clinical import encode_index, fill, neutral_values

# The film shows age, sex and view as well, so they are not counted whole. Chosen by the ensemble's mean AUC on val,
# which is .782 untold: with 0.5 and 0.75 of them .801, with all of them .800.
_SHARE = 0.75


def learn_log_odds(index: Index, findings: tuple[str, ...]) -> ClinicalCard:
    """What an ensemble is told of the patient, from the films of train: their labels and clinical inputs, no pixel.

    For each finding a logistic regression (scikit-learn's, with its L2 penalty of 1) on the 17 inputs. What is not
    known stands at its mean over these films, from which an input's effect is counted: it then adds nothing. Of a
    finding that no film of train has, or every one, nothing can be learnt: no input adds to it.
    """
    from sklearn.linear_model import LogisticRegression  # takes a second to import

    train = index.where(index.table["split"] == "train")
    rows = encode_index(train)
    neutral = neutral_values(rows)
    known, targets = fill(rows, neutral), train.targets(findings)
    learnt = [
        _SHARE * LogisticRegression(max_iter=1000).fit(known, positive).coef_[0].astype(float)
        if 0 < positive.sum() < len(positive) else np.zeros(known.shape[1])
        for positive in targets.T
    ]
    return ClinicalCard(tuple(map(float, neutral)), log_odds=tuple(tuple(odds.round(4).tolist()) for odds in learnt))
