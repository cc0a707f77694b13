"""The digest's pictures: the finding is each one's title. Shares, counts and weeks; nothing of a patient."""

from collections.abc import Iterator

from bot import digest as face
from bot.pictures import funnel, heat, phases, points, trend
from bot.pictures.heat import Cell
from bot.pictures.paper import Picture
from bot.pictures.points import Series
from workflows.kpis import verdicts, words
from workflows.kpis.digests import Digest
from workflows.kpis.periods import SHORT

PHASES = {"baseline": "Before", "pilot_1": "Runs 1 to 50", "pilot_2": "Runs 51 to 100", "steady": "Since"}
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
FEWEST_REPLIES = 20
KPI = "completion"


def draw(digest: Digest) -> list[tuple[str, Picture]]:
    """(file name, picture) of each that has something to show."""
    return [*_trend(digest), *_funnel(digest), *_heat(digest), *_phases(digest)]


def _trend(digest: Digest) -> Iterator[tuple[str, Picture]]:
    weeks = [points.of(figure, f"{SHORT[day.month - 1]} {day.day}") for day, figure in digest.trend]
    if len(weeks) > 1:
        yield "trend", trend.draw(face.finding(digest), [Series(digest.title, tuple(weeks))], points.scale(KPI))


def _funnel(digest: Digest) -> Iterator[tuple[str, Picture]]:
    found = digest.funnel
    if found is None or not found.started:
        return
    names = ("started", "delivered", "reached", "replied", "completed")
    counts = [(name.capitalize(), getattr(found, name)) for name in names]
    far = " so far" if found.so_far else ""
    title = f"Of {found.started:,} runs started {found.period.words}, {found.completed:,} completed{far}"
    yield "funnel", funnel.draw(title, [points.Stage(name, count) for name, count in counts])


def _heat(digest: Digest) -> Iterator[tuple[str, Picture]]:
    if sum(digest.hours.values()) < FEWEST_REPLIES:
        return
    (day, hour), most = max(digest.hours.items(), key=lambda item: (item[1], item[0]))
    title = f"Most replies come on {DAYS[day]} from {heat.hour_said(hour)}: {most:,} of {sum(digest.hours.values()):,}"
    yield "hours", heat.draw(title, {place: Cell(count) for place, count in digest.hours.items()}, what="replies")


def _phases(digest: Digest) -> Iterator[tuple[str, Picture]]:
    if len(digest.phases) < 2:
        return
    (_, first), (_, last) = digest.phases[0], digest.phases[-1]
    side = verdicts.apart(last, first)
    how = "is higher than" if side > 0 else "is lower than" if side < 0 else "may be as"
    title = f"Completion {how} before: {words.value(last)}, was {words.value(first)}"
    made = [points.of(figure, PHASES.get(phase, phase)) for phase, figure in digest.phases]
    yield "phases", phases.draw(title, made, points.scale(KPI))
