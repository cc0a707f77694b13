"""A digest's pictures, each with its finding as title: which there are is known before any is drawn. Nothing of a patient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
STAGES = ("started", "delivered", "reached", "replied", "completed")
DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture: what it shows for who cannot see it, whether there is enough for it, and how it is drawn."""

    name: str
    alt: str
    enough: Callable[[Digest], bool]
    draw: Callable[[Digest], Picture]


def there(digest: Digest, names: Sequence[str]) -> list[Shown]:
    """Those of `names` with something to show, in that order."""
    return [SHOWN[name] for name in names if SHOWN[name].enough(digest)]


def draw(digest: Digest, names: Sequence[str]) -> list[Picture]:
    """The same, drawn. matplotlib is loaded here only."""
    return [one.draw(digest) for one in there(digest, names)]


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


def _funnel(digest: Digest) -> Picture:
    from bot.pictures import funnel, points

    found = digest.funnel
    if found is None:
        raise LookupError("there are no runs: `there` leaves this picture out")
    counts = [(name.capitalize(), getattr(found, name)) for name in STAGES]
    far = " so far" if found.so_far else ""
    title = f"Of {found.started:,} runs started {found.period.words}, {found.completed:,} completed{far}"
    return funnel.draw(title, [points.Stage(name, count) for name, count in counts])


def _hours(digest: Digest) -> Picture:
    from bot.pictures import heat

    (day, hour), most = max(digest.hours.items(), key=lambda item: (item[1], item[0]))
    title = f"Most reply on {DAYS[day]} from {heat.hour_said(hour)}: {most:,} of {sum(digest.hours.values()):,} replies"
    return heat.draw(title, {place: heat.Cell(count) for place, count in digest.hours.items()}, what="replies")


_EVERY = (
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
        "funnel",
        "How far runs got; the numbers stand under “How far they got”.",
        lambda digest: digest.funnel is not None and digest.funnel.started > 0,
        _funnel,
    ),
    Shown(
        "hours",
        "When patients reply, by weekday and hour.",
        lambda digest: sum(digest.hours.values()) >= FEWEST_REPLIES,
        _hours,
    ),
)
SHOWN = {one.name: one for one in _EVERY}
IN_THREAD = ("trend", "funnel", "hours", "phases")
ON_PAGE = ("phases", "trend", "hours")
"""The page has its funnel as a table."""
