"""One shared pretraining of each backbone on all real films at hand, for other recipes to begin from.

    python -m cxr_core train pretrain-xception
    python -m cxr_core train xception-299-nih14 --set weights=runs/pretrain-xception

The films of train at 128 px: NIH's with their findings, CoronaHack's children with theirs, adults with COVID-19, and of
all of them age, sex and view as far as they are known; a label that a film's set does not give has no part in the loss.
Val is NIH's. The recipes of the larger models have a first stage of their own on NIH's films at 128 px with age, sex
and view: this differs from it by the children and the COVID-19 films alone, some 4,200 beside 11,100, and pretraining
on the children alone did not help a small network on NIH.

What it gives, mean AUC on val: `pretrain-resnet18`, three passes of its eight (15,312 films, 20 minutes in bfloat16),
.738 itself; `resnet18-128-nih14` begun from there .764, begun at random .751. `pretrain-mobilenet`, all eight, .739
itself; `mobilenet-128-nih6` (six findings, five short epochs) begun from there .702, begun at random .615. Those of the
other backbones were not trained.
"""

from dataclasses import replace

from cxr_core.training.recipe import Recipe, Stage

RESNET18 = Recipe(
    model_id="pretrain-resnet18",
    data="all_films",
    stages=(Stage(epochs=8, learning_rate=5e-4),),
    batch=32,
    optimizer="adamw",
    schedule="cosine",
    augmentation="radiograph",
    weight_decay=0.02,
    ema=0.995,
    batch_norm_films=640,
    loss="known_binary_crossentropy",
    side_tasks=0.3,
    choose="val_auc_within_view",
    precision="float32",
)
MOBILENET = replace(RESNET18, model_id="pretrain-mobilenet")
XCEPTION = replace(RESNET18, model_id="pretrain-xception")
INCEPTIONV3 = replace(RESNET18, model_id="pretrain-inceptionv3")
DENSENET121 = replace(RESNET18, model_id="pretrain-densenet121")
