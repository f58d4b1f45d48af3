"""Numbers and names in few words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

_COUNT = re.compile(r" · \d+ (findings|classes)$| of the \d+ NIH models$")


def counted(number: int, one: str, many: str = "") -> str:
    """A number and what it is of: `1 film`, `2 films`, `1,094 patients`; `many` where it is not `one` with an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def brief(titles: Mapping[str, str]) -> dict[str, str]:
    """Models' titles by id, for a chip or the head of a column: without the count of what they know.

    Whole where two would be alike without it.
    """
    short = {name: _COUNT.sub("", title) for name, title in titles.items()}
    alike = Counter(short.values())
    return {name: short[name] if alike[short[name]] == 1 else title for name, title in titles.items()}
