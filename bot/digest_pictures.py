"""A digest's pictures, each with its finding as title: which there are is known before any is drawn. Nothing of a patient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workflows.kpis import verdicts
from workflows.kpis.definitions import KPIS
from workflows.kpis.figures import Figure, share
from workflows.kpis.group_names import WORDS
from workflows.kpis.periods import SHORT
from workflows.kpis.words import value

if TYPE_CHECKING:
    from datetime import date

    from bot.pictures.paper import Picture
    from bot.pictures.points import Point, Series
    from workflows.kpis.digests import Digest

FEWEST_REPLIES = 20
MAIN = "completion"
STAGES = ("started", "delivered", "reached", "replied", "completed")
DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture: what it shows for who cannot see it, whether there is enough for it, and how it is drawn."""

    name: str
    alt: Callable[[Digest], str]
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

    (began, first), (_, last) = digest.phases[0], digest.phases[-1]
    title = held_against(last, first, "before" if began == "baseline" else "in the first runs")
    made = [points.of(figure, WORDS["phase"].get(phase, phase)) for phase, figure in digest.phases]
    return phases.draw(title, made, points.scale(last.kpi))


def _trend(digest: Digest) -> Picture:
    from bot.pictures import points, trend

    line, newest, was = _line(digest.title, digest.trend), digest.trend[-1][1], _added(digest.trend[:-1])
    title = held_against(newest, was, "in the weeks before") if was else f"{KPIS[newest.kpi].title}: {value(newest)}"
    return trend.draw(title, [line], points.scale(newest.kpi))


def held_against(one: Figure, other: Figure, when: str) -> str:
    """ "Completed is higher than before: 30 %, was 18 %", only where the intervals say so."""
    side = verdicts.apart(one, other)
    title, values = KPIS[one.kpi].title, f"{value(one)}, was {value(other)}"
    if not side:
        return f"{title}: {values} {when}, which may be chance"
    return f"{title} is {'higher' if side > 0 else 'lower'} than {when}: {values}"


def _line(name: str, weeks: Sequence[tuple[date, Figure]]) -> Series:
    from bot.pictures import points

    return points.Series(name, tuple(points.of(figure, f"{SHORT[day.month - 1]} {day.day}") for day, figure in weeks))


def _by_program(digest: Digest) -> list[Figure]:
    """Completion of each program that has any."""
    return [one for one in digest.breakdowns.get("program", ()) if one.kpi == MAIN and one.denominator]


def which_stands_out(digest: Digest) -> str:
    """The program that surely completes more, or less, than each of the others, else more than all of them together; or that none does."""
    found = [one for one in _by_program(digest) if one.value is not None]
    ranked = sorted(found, key=lambda one: (one.value or 0.0, one.group))
    for order, side, word in ((ranked[::-1], 1, "most"), (ranked, -1, "least")):
        if len(order) > 1 and all(verdicts.apart(order[0], other) == side for other in order[1:]):
            name = _name(digest, order[0].group)
            return f"{name} completes {word}: {value(order[0])}, the next {value(order[1])}"
    rest = verdicts.rest_of(ranked[-1], found) if len(ranked) > 1 else None
    if rest is not None and verdicts.apart(ranked[-1], rest) > 0:
        return f"{_name(digest, ranked[-1].group)} completes most: {value(ranked[-1])}, the others {value(rest)}"
    return "No program surely completes more or less than the others"


def which_moved(digest: Digest) -> str:
    """The program whose newest week is surely apart from the weeks before it, one that fell first; or that none is."""
    moved: list[tuple[int, str]] = []
    for code, weeks in digest.trends.items():
        newest, was = weeks[-1][1], _added(weeks[:-1])
        if was is not None and (side := verdicts.apart(newest, was)):
            word = "more" if side > 0 else "less"
            said = f"{_name(digest, code)} completes {word} than before: {value(newest)} of the newest week, was {value(was)}"
            moved.append((side, said))
    return min(moved, default=(0, "No program's newest week is surely apart from the weeks before it"))[1]


def _added(weeks: Sequence[tuple[date, Figure]]) -> Figure | None:
    if not weeks:
        return None
    first, found = weeks[0][1], [figure for _, figure in weeks]
    hits = sum(round(one.numerator) for one in found)
    return share(first.kpi, hits, sum(one.denominator for one in found), period=first.period)


def _programs(digest: Digest) -> Picture:
    from bot.pictures import bars, points

    return bars.draw(which_stands_out(digest), _bars(digest), points.scale(MAIN))


def _programs_in_words(digest: Digest) -> str:
    from bot.pictures import bars, points

    return bars.alt(which_stands_out(digest), bars.merged(_bars(digest)), points.scale(MAIN))


def _bars(digest: Digest) -> list[Point]:
    from bot.pictures import points

    return [points.of(figure, _name(digest, figure.group)) for figure in _by_program(digest)]


def _weeks_by_program(digest: Digest) -> Picture:
    from bot.pictures import points, trend

    return trend.draw(which_moved(digest), _lines(digest), points.scale(MAIN))


def _weeks_by_program_in_words(digest: Digest) -> str:
    from bot.pictures import points, trend

    return trend.alt(which_moved(digest), points.fewer(_lines(digest)), points.scale(MAIN), by="week beginning")


def _lines(digest: Digest) -> list[Series]:
    return [_line(_name(digest, code), weeks) for code, weeks in digest.trends.items()]


def _name(digest: Digest, code: str) -> str:
    return digest.names.get(("program", code), code.replace("_", " ").capitalize())


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

    replies = {place: heat.Cell(count) for place, count in digest.hours.items()}
    starts, each = heat.columns(replies)
    (day, hour), most = max(heat.binned(replies, starts, each).items(), key=lambda item: (item[1].hits, item[0]))
    when = f"{DAYS[day]}, {heat.hour_said(hour)} to {heat.hour_said((hour + each) % 24)}"
    title = f"Most reply on {when}: {most.hits:,} of {sum(digest.hours.values()):,} replies"
    return heat.draw(title, replies, what="replies")


_EVERY = (
    Shown(
        "phases",
        lambda _: (
            "Completion before the outreach began, at first, and since; the numbers stand under “Before, at first, and since”."
        ),
        lambda digest: len(digest.phases) > 1,
        _phases,
    ),
    Shown(
        "trend",
        lambda _: "Completion week by week; the numbers stand under “Week by week”.",
        lambda digest: len(digest.trend) > 1,
        _trend,
    ),
    Shown(
        "funnel",
        lambda _: "How far runs got; the numbers stand under “How far they got”.",
        lambda digest: digest.funnel is not None and digest.funnel.started > 0,
        _funnel,
    ),
    Shown(
        "programs",
        _programs_in_words,
        lambda digest: sum(one.value is not None for one in _by_program(digest)) > 1,
        _programs,
    ),
    Shown("weeks_by_program", _weeks_by_program_in_words, lambda digest: len(digest.trends) > 1, _weeks_by_program),
    Shown(
        "hours",
        lambda _: "When patients reply, by weekday and hour.",
        lambda digest: sum(digest.hours.values()) >= FEWEST_REPLIES,
        _hours,
    ),
)
SHOWN = {one.name: one for one in _EVERY}
IN_THREAD = ("trend", "funnel", "programs", "weeks_by_program", "hours", "phases")
ON_PAGE = ("phases", "trend", "programs", "weeks_by_program", "hours")
"""The page has its funnel as a table."""
