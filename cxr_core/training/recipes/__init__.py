"""The recipes, one file a model, and one for what they can begin from."""

from __future__ import annotations

from importlib import import_module

from cxr_core.errors import TrainingError
from cxr_core.training.recipe import Recipe

RECIPES: dict[str, str] = {
    "resnet18-128-nih14": "resnet18_128_nih14",
    "mobilenet-128-nih6": "mobilenet_128_nih6",
    "inceptionv3-299-nih15": "inceptionv3_299_nih15",
    "xception-128-nih14": "xception_128_nih14",
    "xception-128-nih14-leaky": "xception_128_nih14_leaky",
    "xception-299-nih14": "xception_299_nih14",
    "densenet121-224-nih14-clinical": "densenet121_224_nih14_clinical",
    "resnet18-224-covid3": "resnet18_224_covid3",
    "customcnn-224-covid3": "customcnn_224_covid3",
    **{f"pretrain-{name}": f"pretrain:{name.upper()}"
       for name in ("resnet18", "mobilenet", "xception", "inceptionv3", "densenet121")},
}


def find_recipe(name: str) -> Recipe:
    """The recipe of a model id; TrainingError names those there are."""
    if name not in RECIPES:
        raise TrainingError(f"There is no recipe {name!r}. Choose one of: {', '.join(RECIPES)}.")
    module, _, own = RECIPES[name].partition(":")
    return getattr(import_module(f"cxr_core.training.recipes.{module}"), own or "RECIPE")
