"""cxr_core: read a chest film, explain the reading, and judge the model that made it."""

import os

# Read by TensorFlow when it is first imported, and so set here, before any room can import it. Left to itself it takes
# oneDNN on CPUs with AVX-512 alone: on others gradients, of which maps are made, take 1.4 to 1.7 times as long without
# (a score alone does not), and a process that has it gives other last bits than one that has not.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

__version__ = "0.1.0"
