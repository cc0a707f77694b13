"""What the engine says, written as the second computation writes it, so that the two can be compared."""

from collections.abc import Iterable, Sequence
from dataclasses import astuple
from math import isclose

from tests.kpis.estimates import Told
from workflows.kpis.figures import Figure

Numbers = Sequence[float | None]
Said = dict[str, dict[str, Numbers]]


def of_engine(figures: Iterable[Figure]) -> Said:
    """{KPI: {group: counts, value, interval}} of the figures that have anything; a baseline is no count of ours."""
    found: Said = {}
    for one in figures:
        if one.denominator and one.phase != "baseline":
            told = Told(one.numerator, one.denominator, one.value, one.low, one.high)
            found.setdefault(one.kpi, {})[one.group] = astuple(told)
    return found


def of_recount(figures: dict[str, dict[str, Told]]) -> Said:
    """The same of the second computation."""
    found: Said = {}
    for kpi, groups in figures.items():
        some: dict[str, Numbers] = {group: astuple(one) for group, one in groups.items() if one.below}
        if some:
            found[kpi] = some
    return found


def close(one: Numbers | None, other: Numbers | None) -> bool:
    """The same but for what is the machine's: the last of its sixteen digits."""
    if one is None or other is None or len(one) != len(other):
        return one is other
    pairs = list(zip(one, other, strict=True))
    return all(
        a is b is None or (a is not None and b is not None and isclose(a, b, rel_tol=1e-9, abs_tol=1e-7))
        for a, b in pairs
    )


def unnamed(said: Said) -> Said:
    """With groups in the order of what they say instead of by name: hashes have none. None of them stays by name."""
    found: Said = {}
    for kpi, groups in said.items():
        named = sorted((one for name, one in groups.items() if name != "none"), key=str)
        none = {"none": groups["none"]} if "none" in groups else {}
        found[kpi] = {str(place): one for place, one in enumerate(named)} | none
    return found


def differ(one: Said, other: Said) -> dict[tuple[str, str], tuple[Numbers | None, Numbers | None]]:
    """{(KPI, group): what each says} where they say different things."""
    places = {(kpi, group) for said in (one, other) for kpi, groups in said.items() for group in groups}
    both = {(kpi, group): (one.get(kpi, {}).get(group), other.get(kpi, {}).get(group)) for kpi, group in sorted(places)}
    return {place: pair for place, pair in both.items() if not close(*pair)}
