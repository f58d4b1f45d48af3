"""What a paper says of its training, for those who have its films and a GPU: `train RECIPE --as-published`.

The recipes that ship are cut for the films and the two cores at hand: sizes that grow, epochs of some films, what helps
a network that begins at random. Here is one stage at the network's own size over all films, and what the paper says
where it does; where it is silent the choice is ours, and is said to be.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from cxr_core.errors import TrainingError
from cxr_core.training.recipe import IMAGENET, Recipe, Stage
from cxr_core.training.recipes import find_recipe


@dataclass(frozen=True)
class PaperRecipe:
    """A recipe as its paper has it.

    `ours` is what the paper does not say and we chose, `apart` what stays otherwise than in the paper, in sentences.
    """

    paper: str
    recipe: Recipe
    ours: str
    apart: str = ""

    @property
    def in_words(self) -> str:
        """Whose it is and what of it is not known."""
        told = (f"As published by {self.paper}.", f"Not known, so ours: {self.ours}.", self.apart)
        return " ".join(filter(None, told))


def _plain(name: str, epochs: int, rate: float, **stated: object) -> Recipe:
    """The recipe in one stage over all films, without what this house adds to help networks on few of them."""
    bare = {
        "stages": (Stage(epochs, rate),), "optimizer": "adam", "schedule": "constant", "weight_decay": 0.0, "ema": None,
        "batch_norm_films": 0, "drawn_films": None, "draw": "in_turn", "mixup": 0.0, "side_tasks": 0.0,
        "hide_clinical": 0.0, "choose": "val_auc", "weights": None,
    }
    return replace(find_recipe(name), **(bare | stated))


_OF_XCEPTION = "batches of 32, 512 units in the hidden layer"
_OF_COVID = "batches of 32, films scaled to -1 to 1"

PAPER_RECIPES: dict[str, PaperRecipe] = {
    "xception-128-nih14": PaperRecipe(
        "Mondal, Agarwal, Rashid (2019)", find_recipe("xception-128-nih14"), _OF_XCEPTION,
        "An epoch shows 4,204 films, 75% of the paper's 5,606. Patients are split here; the paper's split by image is "
        "that of xception-128-nih14-leaky.",
    ),
    "xception-128-nih14-leaky": PaperRecipe(
        "Mondal, Agarwal, Rashid (2019)", find_recipe("xception-128-nih14-leaky"), _OF_XCEPTION,
        "An epoch shows 4,204 films, 75% of the paper's 5,606. A tenth of train is val.",
    ),
    "mobilenet-128-nih6": PaperRecipe(
        "Khan (2018)", find_recipe("mobilenet-128-nih6"),
        "Adam at 0.001, batches of 32, so that 100 steps are 3,200 films",
        "Films are drawn anew for each epoch, and patients are split. The thesis' 40,000 films, drawn once and split "
        "80:20 by image, are --set drawn_films=40000 --set draw=in_turn --set split=image --set image_share=0.8: such "
        "a run leaks and does not ship.",
    ),
    "inceptionv3-299-nih15": PaperRecipe(
        "Srikar, Reddy, Reddy (c. 2021)", _plain("inceptionv3-299-nih15", 10, 1e-3, augmentation="none"),
        "10 epochs of Adam at 0.001, batches of 32, binary cross-entropy, random weights, no augmentation",
        "Whole files are held out, as in the paper, only of TFRecords whose patients nobody knows.",
    ),
    "densenet121-224-nih14-clinical": PaperRecipe(
        "Crobu, Di Ciaccio (2019)", _plain("densenet121-224-nih14-clinical", 10, 1e-4, weights=IMAGENET),
        "10 epochs of Adam at 0.0001, batches of 32, how the loss is weighted, which augmentation",
        "It never learns what an unknown age, sex, view or history is: read with the history told.",
    ),
    "resnet18-224-covid3": PaperRecipe(
        "Ibisoglu, Akcay (2021)", replace(find_recipe("resnet18-224-covid3"), weights=IMAGENET), _OF_COVID,
        "Keras has no ImageNet weights of this network: name a file of its layers, --set weights=FILE.",
    ),
    "customcnn-224-covid3": PaperRecipe("Ibisoglu, Akcay (2021)", find_recipe("customcnn-224-covid3"), _OF_COVID),
}


def as_published(name: str) -> PaperRecipe:
    """The recipe of this name as its paper has it.

    Raises
    ------
    TrainingError
        When there is no such recipe, or it is no paper's.
    """
    find_recipe(name)
    if name not in PAPER_RECIPES:
        raise TrainingError(
            f"{name} is this house's own, no paper's. As published there are: {', '.join(PAPER_RECIPES)}. Or leave "
            "--as-published out."
        )
    return PAPER_RECIPES[name]


def beginnings(name: str) -> dict[str, Recipe]:
    """What a run of this recipe can have begun with, by the option that `train` was given: none or `--as-published`."""
    plain = {"": find_recipe(name)}
    return plain | {"--as-published": PAPER_RECIPES[name].recipe} if name in PAPER_RECIPES else plain
