"""The house's first network, small enough to be trained on two cores within an hour.

    python -m cxr_core train pretrain-resnet18 --set stages.0.epochs=3
    python -m cxr_core train resnet18-128-nih14 --set weights=runs/pretrain-resnet18

All films of the train split (64 px ones too), rare findings drawn more often, averaged weights. What ships began from
the shared pretraining of the first line (`pretrain.py`), both in bfloat16; without `--set` the second begins at random,
which gave .751 on val.

Result: mean AUC on test .666 (.625 to .708 by patient; 1,379 films of 454 patients), test_wide .766 (.734 to .794 by
patient; 605 films of 287 patients), val .764 (.727 to .789 by patient; 898 films of 351 patients).
"""

from cxr_core.training.recipe import Recipe, Stage

RECIPE = Recipe(
    model_id="resnet18-128-nih14",
    stages=(Stage(epochs=10, learning_rate=1e-3),),
    batch=64,
    optimizer="adamw",
    schedule="cosine",
    augmentation="radiograph",
    weight_decay=0.02,
    ema=0.995,
    draw="rarest",
)
