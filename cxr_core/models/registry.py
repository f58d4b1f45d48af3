"""The models there are: data only, so that a page can list them without Keras."""

from __future__ import annotations

from cxr_core.errors import UnknownModel
from cxr_core.findings import COVID3, NIH6, NIH14, NIH15
from cxr_core.models.spec import ModelSpec

MODELS: dict[str, ModelSpec] = {
    spec.id: spec
    for spec in (
        ModelSpec(
            id="resnet18-128-nih14",
            title="ResNet18 · 128 px · 14 findings",
            network="resnet18",
            size=128,
            channels=1,
            scaling="symmetric",
            findings=NIH14,
            activation="sigmoid",
            source="the house's own first network (He et al. 2015)",
        ),
        ModelSpec(
            id="mobilenet-128-nih6",
            title="MobileNet + attention · 128 px · 6 findings",
            network="mobilenet_attention",
            size=128,
            channels=1,
            scaling="symmetric",
            findings=NIH6,
            activation="sigmoid",
            source="Khan, BRAC thesis (2018)",
        ),
        ModelSpec(
            id="inceptionv3-299-nih15",
            title="InceptionV3 · 299 px · 15 classes",
            network="inception_v3",
            size=299,
            channels=3,
            scaling="symmetric",
            findings=NIH15,
            activation="sigmoid",
            source="Srikar, Reddy, Reddy (c. 2021)",
        ),
        ModelSpec(
            id="xception-128-nih14",
            title="Xception · 128 px · 14 findings",
            network="xception",
            size=128,
            channels=1,
            scaling="unit",
            findings=NIH14,
            activation="softmax",
            source="Mondal, Agarwal, Rashid (2019)",
        ),
        ModelSpec(
            id="densenet121-224-nih14-clinical",
            title="DenseNet121 + clinical inputs · 224 px · 14 findings",
            network="densenet121_clinical",
            size=224,
            channels=3,
            scaling="symmetric",
            findings=NIH14,
            activation="sigmoid",
            source="Crobu, Di Ciaccio (2019)",
            clinical=True,
        ),
        ModelSpec(
            id="resnet18-224-covid3",
            title="ResNet18 · 224 px · COVID-19",
            network="resnet18",
            size=224,
            channels=3,
            scaling="symmetric",
            findings=COVID3,
            activation="softmax",
            source="Ibisoglu, Akcay (2021)",
            exclusive=True,
        ),
        ModelSpec(
            id="customcnn-224-covid3",
            title="Custom CNN · 224 px · COVID-19",
            network="custom_cnn",
            size=224,
            channels=3,
            scaling="symmetric",
            findings=COVID3,
            activation="softmax",
            source="Ibisoglu, Akcay (2021)",
            exclusive=True,
        ),
    )
}


def find_spec(model_id: str) -> ModelSpec:
    """The spec of `model_id`; UnknownModel names the ids there are."""
    try:
        return MODELS[model_id]
    except KeyError:
        raise UnknownModel(f"There is no model {model_id!r}. Choose one of: {', '.join(MODELS)}.") from None
