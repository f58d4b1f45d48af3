"""Five convolutions for Normal, Pneumonia, COVID-19 (Ibisoglu, Akcay 2021).

    python -m cxr_core train customcnn-224-covid3

As published: Xavier's initialisation, 224 px, random horizontal flip, cross-entropy, Adam at 1e-4 with weight decay
1e-4 (an L2 penalty, as PyTorch's Adam has it), 8 epochs, classes balanced by upsampling, 15% of train (here: of its
patients) as val. Ours, where it is silent: batch 32, films scaled to -1 to 1, and the epoch of the best val AUC ships.
Result: accuracy on val 96.1% (94.6% to 97.3% by patient; 737 films of 411 patients), test 83.7% (80.1% to 86.7% by
patient; 679 films of 446 patients), nih_adults 40.9% (33.9% to 48.2% by patient; 656 films of 255 patients).
Published: test accuracy 77.115%, validation 99.7%.
"""

from cxr_core.training.recipe import Recipe, Stage

RECIPE = Recipe(
    model_id="customcnn-224-covid3",
    data="covid3",
    stages=(Stage(epochs=8, learning_rate=1e-4),),
    batch=32,
    optimizer="adam_l2",
    schedule="constant",
    augmentation="flip",
    weight_decay=1e-4,
    draw="upsampled",
    loss="categorical_crossentropy",
)
