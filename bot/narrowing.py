"""How the filters of a desk look: handed in, so that they can be drawn without a database."""

from collections.abc import Mapping
from dataclasses import dataclass

ALL = "all"
"""The value of "not narrowed by that": an option's value may not be empty."""
MOST_CHOICES = 28
"""Of one filter: all words of a Home together may hold about 12,000 characters."""


@dataclass(frozen=True, slots=True)
class Narrowing:
    """`choices` by filter as (code, words), the first of each is all; `chosen` their codes; `hides` says what is left out, "" nothing."""

    choices: Mapping[str, tuple[tuple[str, str], ...]]
    chosen: Mapping[str, str]
    names: str = ""
    hides: str = ""
