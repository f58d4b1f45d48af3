"""cxr_core: read a chest film, explain the reading, and judge the model that made it."""

__version__ = "0.1.0"
