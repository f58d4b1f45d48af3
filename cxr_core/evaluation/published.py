"""Figures that others published, typed in from their papers: none of them was measured here."""

from __future__ import annotations

from dataclasses import dataclass, field

from cxr_core.findings import NIH14


@dataclass(frozen=True)
class Published:
    """The AUC per finding that a paper gives, and on what.

    `model_id` is the model here that rebuilds the paper's system, or "". `official` says whether the figures are on
    NIH's official test list: those of other splits are never to stand in one column with it (a random split gives about
    .03 more). `auc` may lack findings; `mean` is the paper's own, NaN where it gives none, and `mean_of` the number of
    findings it is over: means over others are no more of one kind than those on other films. `cell_accuracy`, 0 to 1,
    is over all films and findings, of the films `accuracy_on`; `micro_or_macro` says that the paper does not say which
    its mean is; `predicted` is the mean output by finding, 0 to 1.
    """

    name: str
    year: int | None
    model_id: str
    split: str
    official: bool
    n: str
    auc: dict[str, float] = field(default_factory=dict)
    mean: float = float("nan")
    mean_of: int = len(NIH14)
    remark: str = ""
    cell_accuracy: float = float("nan")
    accuracy_on: str = ""
    micro_or_macro: bool = False
    predicted: dict[str, float] = field(default_factory=dict)


def _all14(*values: float) -> dict[str, float]:
    """Values in the order of NIH's 14 findings."""
    return dict(zip(NIH14, values, strict=True))


PUBLISHED = (
    Published(
        "Mondal, Agarwal, Rashid", 2019, "xception-128-nih14", "random 75:25 by image, patients in both", False,
        "about 1,400 test films",
        _all14(.57, .38, .60, .72, .61, .52, .69, .83, .54, .56, .57, .56, .58, .54), .591,
        remark="binary accuracy over all cells .8876", cell_accuracy=.8876, accuracy_on="its test films",
    ),
    Published(
        "Khan", 2018, "mobilenet-128-nih6", "random 80:20 by image, patients in both", False, "8,000 test films",
        {"Atelectasis": .54, "Effusion": .53, "Nodule": .49, "Pneumothorax": .50}, mean_of=0,
        remark="validation accuracy .8619; the other two findings are not given in words",
        cell_accuracy=.8619, accuracy_on="its validation films, at the last of five epochs",
        predicted={"Atelectasis": .2412, "Effusion": .2666, "Infiltration": .3604, "Mass": .1230, "Nodule": .1289,
                   "Pneumothorax": .1123},
    ),
    Published(
        "Srikar, Reddy, Reddy", 2021, "inceptionv3-299-nih15", "whole TFRecord files held out, patients in both", False,
        "not stated", mean=.7301, mean_of=15,
        remark="micro or macro is not said, and No Finding is one of its 15 outputs; binary accuracy .9307, loss .1946",
        cell_accuracy=.9307, accuracy_on="films that it does not name", micro_or_macro=True,
    ),
    Published(
        "Crobu, Di Ciaccio", 2019, "densenet121-224-nih14-clinical", "official test list", True, "25,596 films",
        _all14(.816, .925, .801, .893, .867, .946, .881, .963, .731, .897, .827, .827, .776, .927), .863,
        remark="with the findings of earlier films as inputs, which leak: above every other figure on this list",
    ),
    Published(
        "Wang et al.", 2017, "", "official test list", True, "25,596 films",
        _all14(.716, .807, .708, .835, .784, .815, .769, .767, .609, .706, .671, .708, .633, .806), .738,
        remark="the findings as later papers quote them, whose mean is .738; others give .745 for it on the same list",
    ),
    Published(
        "Yao et al.", 2018, "", "random, not official", False, "not stated",
        _all14(.772, .904, .788, .882, .859, .829, .767, .914, .695, .792, .717, .765, .713, .841), .803,
    ),
    Published(
        "CheXNet (Rajpurkar et al.)", 2017, "", "random by patient, not official", False, "not stated",
        _all14(.809, .925, .790, .888, .864, .937, .805, .916, .735, .868, .780, .806, .768, .889), .841,
    ),
    Published("DenseNet121 at 224 px, plain", None, "", "official test list", True, "25,596 films", mean=.811,
              remark=".803 to .811 in several reports"),
    Published("DenseNet121 at 512 px, plain", None, "", "official test list", True, "25,596 films", mean=.819,
              remark=".816 to .819 in several reports"),
    Published("best documented single model", None, "", "official test list", True, "25,596 films", mean=.834,
              remark="large pretraining"),
    Published("reproduce-chexnet", None, "", "its own, not official", False, "not stated", mean=.838),
    Published("torchxrayvision", None, "", "its own, not official", False, "not stated", mean=.811,
              remark=".774 to .811, by its models"),
    Published("Streamlit dashboard with DenseNet121", None, "", "Kaggle's 5% sample, not official", False,
              "of a sample of 5,606 films", mean=.732, mean_of=10,
              remark="macro, over 10 findings; from ImageNet's weights"),
)


@dataclass(frozen=True)
class PublishedAccuracy:
    """The accuracy, 0 to 1, that a paper gives of a model of exclusive classes, on films of its own."""

    name: str
    year: int
    model_id: str
    test: float
    val: float
    split: str
    remark: str = ""

    @property
    def on(self) -> str:
        """Of which films, and what the network began from."""
        return self.split + (f"; {self.remark}" if self.remark else "")

    @property
    def in_words(self) -> str:
        """Whose it is, and of which films, in a sentence."""
        return (f"Published by {self.name} {self.year}, of films of their own: {self.on}. Typed in from the paper, not "
                "measured here, and not to be compared as if it were of these films.")


_MOVED = "CoronaHack's own split, a quarter of its 58 COVID-19 films moved to test by film"
PUBLISHED_ACCURACY = (
    PublishedAccuracy("Ibisoglu, Akcay", 2021, "resnet18-224-covid3", .79623, .999, _MOVED,
                      "from ImageNet's weights"),
    PublishedAccuracy("Ibisoglu, Akcay", 2021, "customcnn-224-covid3", .77115, .997, _MOVED),
)


def accuracy_of(model_id: str) -> PublishedAccuracy | None:
    """The published accuracy of the system that a model rebuilds, None where there is none."""
    return next((one for one in PUBLISHED_ACCURACY if one.model_id == model_id), None)


def figures_of(model_id: str) -> Published | None:
    """The published AUC of the system that a model rebuilds, None where there is none."""
    return next((one for one in PUBLISHED if one.model_id == model_id), None) if model_id else None


@dataclass(frozen=True)
class PublishedLocalisation:
    """Share of NIH's 984 boxes hit, mean of the 8 findings: IoBB over .1, .25, .5, and the pointing game."""

    name: str
    iobb: tuple[float, float, float]
    pointing: float


PUBLISHED_LOCALISATION = (
    PublishedLocalisation("Wang et al. 2017", (.681, .546, .408), float("nan")),
    PublishedLocalisation("Grad-CAM++", (.685, .550, .376), .544),
    PublishedLocalisation("random map", (.371, .261, .131), .228),
)
