"""Xception as published, under its paper's own kind of split: what the split alone gives.

    python -m cxr_core train xception-128-nih14-leaky

The recipe is that of `xception-128-nih14`, to the letter. Its films are those of natural prevalence, 75:25 by image, as
in the paper, so that most patients of test stand in train as well; a tenth of train is val, also by image. NIH's
official test films are left out, so that no model here ever learns from one. Figures and history ship, marked; weights
do not: a network that was chosen on films of its own patients is none to read with.

Of 14 of the 28 epochs, as what ships of `xception-128-nih14` is its 14th:
Result: mean AUC on leaky test .610 (.581 to .631 by patient; 2,122 films of 1,216 patients), leaky test, patients of
train .611 (.582 to .636 by patient; 1,597 films of 729 patients), leaky test, other patients .552 (.485 to .602 by
patient; 525 films of 487 patients), val .654 (.591 to .688 by patient; 636 films of 514 patients).
Published: mean AUC .591; split by patient: .583 on test. That other patients have less is not beyond chance, and people
who are seldom filmed differ in more than not having been learned from.
"""

from dataclasses import replace

from cxr_core.training.recipes.xception_128_nih14 import RECIPE as PUBLISHED

RECIPE = replace(PUBLISHED, model_id="xception-128-nih14-leaky", split="image")
