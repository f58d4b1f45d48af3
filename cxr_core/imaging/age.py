"""A patient's age: as DICOM and NIH's tables write it, and as a reader is told it."""

from __future__ import annotations

OLDEST = 120  # years; what is beyond is a slip of the pen, as NIH's 414
_PER_YEAR = {"Y": 1.0, "M": 12.0, "W": 365.25 / 7, "D": 365.25}


def years_of(text: str) -> float:
    """The years of an age with its unit (`058Y`, `018M`, `104W`, `010D`), or without, which is years; NaN of no age.

    References
    ----------
    PS3.5 6.2, value representation AS.
    """
    text = text.strip().upper()
    number, per_year = (text[:-1], _PER_YEAR[text[-1]]) if text[-1:] in _PER_YEAR else (text, 1.0)
    try:
        return float(number) / per_year
    except ValueError:
        return float("nan")


def age_in_words(years: float) -> str:
    """`67 y`, `3.5 y`; under two years, where it is not a whole year, the largest unit of which there are two."""
    if years >= 2 or years == int(years):
        return f"{round(years, 1):g} y"
    for unit, per_year in (("months", "M"), ("weeks", "W")):
        if (count := round(years * _PER_YEAR[per_year])) >= 2:
            return f"{count} {unit}"
    days = round(years * _PER_YEAR["D"])
    return f"{days} day{'' if days == 1 else 's'}"
