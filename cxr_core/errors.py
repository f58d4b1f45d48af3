"""Everything that can go wrong in words a user can act on.

A message says what was found, what is allowed, and what to do. It never holds a patient's data.

    CxrError
    ├── FilmError                 the bytes are no film we can read
    │   ├── UnreadableFilm        empty, truncated, corrupt, or of no known type
    │   ├── UnsupportedFilm       a real file of a kind that is not read (multi-frame, RGB, no pixels)
    │   └── FilmTooLarge          more bytes or pixels than the limits allow
    ├── FilmRefused               the gate found no frontal chest film
    ├── ModelError
    │   ├── UnknownModel          no model of that id
    │   ├── UnknownFinding        the model has no such finding
    │   ├── ClinicalInputError    an age, sex, view or history the model cannot take
    │   ├── ScoreError            the model's output for a film is no number (NaN, infinite)
    │   ├── WeightsMissing        the model's weights are not in weights/
    │   ├── WeightsCorrupt        digest or shapes differ from the card
    │   └── WeightsRefused        other people's weights that are not taken: unsafe, broken, or of another network
    ├── ExplanationError          a map that cannot be computed (NaN gradients, bad baseline)
    ├── DataError                 a data folder or table that cannot be used
    │   └── ResultsError          stored or imported results that cannot be used
    ├── TrainingError             a recipe or run folder that cannot be used
    │   └── TrainingStopped       a run that was asked to stop, and has saved where it stood
    ├── EngineError               the processes that share the work cannot be had, or fail
    └── ExportError               a result that cannot be written (disk full, no permission)
"""


class CxrError(Exception):
    """Any problem whose message is meant for the user."""


class FilmError(CxrError):
    """The bytes are no film we can read."""


class UnreadableFilm(FilmError):
    """Empty, truncated, corrupt, or of no known type."""


class UnsupportedFilm(FilmError):
    """A real file of a kind that is not read."""


class FilmTooLarge(FilmError):
    """More bytes or pixels than the limits allow."""


class FilmRefused(CxrError):
    """The gate found no frontal chest film."""


class ModelError(CxrError):
    """A model that cannot be used."""


class UnknownModel(ModelError):
    """No model of that id."""


class UnknownFinding(ModelError):
    """The model has no such finding."""


class ClinicalInputError(ModelError):
    """An age, sex, view or history that a model cannot take."""


class ScoreError(ModelError):
    """The model's output for a film is no number."""


class WeightsMissing(ModelError):
    """The model's weights are not in weights/."""


class WeightsCorrupt(ModelError):
    """Digest or shapes differ from the card."""


class WeightsRefused(ModelError):
    """Other people's weights that are not taken: unsafe, broken, or of another network."""


class ExplanationError(CxrError):
    """A map that cannot be computed."""


class DataError(CxrError):
    """A data folder or table that cannot be used."""


class ResultsError(DataError):
    """Stored or imported results that cannot be used."""


class TrainingError(CxrError):
    """A recipe or run folder that cannot be used."""


class TrainingStopped(TrainingError):
    """A run that was asked to stop, and has saved where it stood."""


class EngineError(CxrError):
    """The processes that share the work cannot be had, or fail."""


class ExportError(CxrError):
    """A result that cannot be written."""
