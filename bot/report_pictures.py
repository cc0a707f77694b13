"""The report's pictures, one at a time: which there are is known before any is drawn. Each says its finding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot import digest as face
from workflows.kpis import verdicts
from workflows.kpis.definitions import KPIS
from workflows.kpis.group_names import WORDS
from workflows.kpis.periods import SHORT
from workflows.kpis.words import value

if TYPE_CHECKING:
    from bot.pictures.paper import Picture
    from workflows.kpis.digests import Digest

FEWEST_REPLIES = 20
DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture: what it shows for who cannot see it, whether there is enough for it, and how it is drawn."""

    name: str
    alt: str
    enough: Callable[[Digest], bool]
    draw: Callable[[Digest], Picture]


def there(digest: Digest) -> list[Shown]:
    """Those with something to show, in the order in which they are shown."""
    return [one for one in SHOWN if one.enough(digest)]


def draw(digest: Digest, name: str) -> Picture | None:
    """This one alone; None for one that there is not. matplotlib is loaded here only."""
    return next((one.draw(digest) for one in there(digest) if one.name == name), None)


def _phases(digest: Digest) -> Picture:
    from bot.pictures import phases, points

    (_, first), (_, last) = digest.phases[0], digest.phases[-1]
    side = verdicts.apart(last, first)
    how = "is higher than before" if side > 0 else "is lower than before" if side < 0 else "may be as before"
    title = f"{KPIS[last.kpi].title} {how}: {value(last)}, was {value(first)}"
    made = [points.of(figure, WORDS["phase"].get(phase, phase)) for phase, figure in digest.phases]
    return phases.draw(title, made, points.scale(last.kpi))


def _trend(digest: Digest) -> Picture:
    from bot.pictures import points, trend

    kpi = digest.trend[-1][1].kpi
    weeks = tuple(points.of(figure, f"{SHORT[day.month - 1]} {day.day}") for day, figure in digest.trend)
    return trend.draw(face.finding(digest), [points.Series(digest.title, weeks)], points.scale(kpi))


def _hours(digest: Digest) -> Picture:
    from bot.pictures import heat

    (day, hour), most = max(digest.hours.items(), key=lambda item: (item[1], item[0]))
    title = f"Most reply on {DAYS[day]} from {heat.hour_said(hour)}: {most:,} of {sum(digest.hours.values()):,} replies"
    return heat.draw(title, {place: heat.Cell(count) for place, count in digest.hours.items()}, what="replies")


SHOWN = (
    Shown(
        "phases",
        "Completion before the outreach began, at first, and since; the numbers stand under “Before, at first, and since”.",
        lambda digest: len(digest.phases) > 1,
        _phases,
    ),
    Shown(
        "trend",
        "Completion week by week; the numbers stand under “Week by week”.",
        lambda digest: len(digest.trend) > 1,
        _trend,
    ),
    Shown(
        "hours",
        "When patients reply, by weekday and hour.",
        lambda digest: sum(digest.hours.values()) >= FEWEST_REPLIES,
        _hours,
    ),
)
