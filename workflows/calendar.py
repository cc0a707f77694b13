"""Public holidays of the United States and of each state, from the `holidays` package."""

from datetime import date
from functools import lru_cache


def closes(day: date, states: tuple[str, ...]) -> bool:
    """Whether a day is a federal holiday, or one of any of these states (two-letter codes; others have none of their own)."""
    return any(day in _of(state, day.year) for state in ("US", *states))


@lru_cache(maxsize=512)
def _of(state: str, year: int) -> frozenset[date]:
    import holidays  # costs 0.1 s: not for commands that never ask

    return frozenset(holidays.country_holidays("US", subdiv=None if state == "US" else state, years=year))
