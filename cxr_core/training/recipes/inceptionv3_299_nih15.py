"""InceptionV3 with a dense head, 15 classes (Srikar, Reddy, Reddy, c. 2021), trained from scratch in three stages.

    python -m cxr_core train inceptionv3-299-nih15

The paper's network; the training is ours, since the films here are a tenth of the paper's. First all films at 128 px,
where a pass costs a fifth of one at 299 px, with one warm restart (Loshchilov and Hutter 2017): after eight passes it
fitted its own films worse than ResNet18 does after two. Then those of 128 px and more at 299 px. Age, sex and view are
learnt beside the findings: labels that cost nothing and teach anatomy. Mean AUC on val after each stage: .699, .736,
.760; within a view .681, .705, .721. What did not help: a rate of 1e-3, mixup and stronger augmentation (.685 after 8
passes, .708 with batch norms measured anew); 150 steps at 299 px with a rate of 1e-4 (.696); five more epochs at 299 px
(.759 at best, within a view .720).

Result: mean AUC on test .657 (.624 to .693 by patient; 1,379 films of 454 patients), test_wide .752 (.724 to .785 by
patient; 605 films of 287 patients), val .760 (.731 to .784 by patient; 898 films of 351 patients).
Published, on whole TFRecord files held out, patients in both parts: AUC .7301. The two are of other films and splits.
"""

from cxr_core.training.recipe import Recipe, Stage

RECIPE = Recipe(
    model_id="inceptionv3-299-nih15",
    stages=(
        Stage(epochs=8, learning_rate=5e-4, size=128),
        Stage(epochs=8, learning_rate=4e-4, size=128),
        Stage(epochs=6, learning_rate=3e-4, min_source=128, epoch_films=2400),
    ),
    batch=32,
    optimizer="adamw",
    schedule="cosine",
    augmentation="radiograph",
    weight_decay=0.02,
    ema=0.995,
    batch_norm_films=640,
    draw="rarest",
    side_tasks=0.3,
    choose="val_auc_within_view",
    precision="float32",
)
