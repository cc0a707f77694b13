"""What a manager reads of a simulation: texts and cases by day, outcomes, cost, and when it is over."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from workflows.simulation.record import Run

NEARLY = 0.95  # a campaign counts as finished when so many enrollments have ended


@dataclass(frozen=True, slots=True)
class Report:
    """Days are the clinic's. `cases` by team and day; `refused` counts touches that did not leave, by the gate's rule."""

    program: str
    patients: int
    seed: int
    first_day: date
    texts: dict[date, dict[int, int]]  # day → touch → texts
    cases: dict[str, dict[date, int]]  # team → day → opened
    outcomes: dict[str, int]
    running: int  # enrollments that had not ended when nothing more happened
    refused: dict[str, int]
    segments: int
    cost: float | None
    finished: date | None  # when 95 % had ended
    last_text: date | None

    def busiest(self) -> tuple[str, date, int] | None:
        """The team and day with the most new cases."""
        loads = [(count, day, team) for team, days in self.cases.items() for day, count in days.items()]
        if not loads:
            return None
        count, day, team = max(loads, key=lambda load: (load[0], load[2]))
        return team, day, count

    def line(self) -> dict[str, Any]:
        """The same as JSON."""
        found = asdict(self)
        found["texts"] = {
            f"{day}": {str(touch): n for touch, n in touches.items()} for day, touches in self.texts.items()
        }
        found["cases"] = {team: {f"{day}": n for day, n in days.items()} for team, days in self.cases.items()}
        for name in ("first_day", "finished", "last_text"):
            found[name] = str(found[name]) if found[name] else None
        return found


def summarise(run: Run, *, program: str, patients: int, seed: int, zone: str, price: float | None = None) -> Report:
    """Count a run up; `price` is what one segment costs."""
    here = ZoneInfo(zone)
    texts: dict[date, Counter[int]] = {}
    for one in run.sent:
        texts.setdefault(_day(one.at, here), Counter())[one.touch] += 1
    cases: dict[str, Counter[date]] = {}
    for opened in run.opened:
        cases.setdefault(opened.team, Counter())[_day(opened.at, here)] += 1
    segments = sum(one.segments for one in run.sent)
    days = [*texts, *(day for team in cases.values() for day in team)]
    return Report(
        program=program,
        patients=patients,
        seed=seed,
        first_day=min(days, default=date.min),
        texts={day: dict(sorted(texts[day].items())) for day in sorted(texts)},
        cases={team: dict(sorted(cases[team].items())) for team in sorted(cases)},
        outcomes=dict(Counter(outcome for outcome, _ in run.ended.values()).most_common()),
        running=patients - len(run.ended),
        refused=dict(sorted(run.refused.items(), key=lambda item: -item[1])),
        segments=segments,
        cost=None if price is None else round(segments * price, 2),
        finished=_finished([at for _, at in run.ended.values()], patients, here),
        last_text=max(texts, default=None),
    )


def lines(report: Report) -> list[str]:
    """The same for a terminal: the finding first, then what a manager plans by."""
    total = sum(sum(touches.values()) for touches in report.texts.values())
    said = [
        f"{report.program}: {report.patients} patients, {total} texts ({report.segments} segments{_money(report)})."
    ]
    busiest = report.busiest()
    if busiest is not None:
        team, day, count = busiest
        said.append(f"Busiest: {team} gets {count} new cases on {day:%a %b %-d}.")
    said.append(_end(report))
    said.append("Outcomes: " + (", ".join(f"{name} {n}" for name, n in report.outcomes.items()) or "none") + ".")
    if report.refused:
        said.append("Not sent: " + ", ".join(f"{rule} {n}" for rule, n in report.refused.items()) + ".")
    said += ["", f"{'day':12}{'texts':>7}" + "".join(f"{team:>18}" for team in report.cases)]
    for day in sorted({*report.texts, *(day for days in report.cases.values() for day in days)}):
        texts = sum(report.texts.get(day, {}).values())
        said.append(
            f"{day:%a %b %d}  {texts:>7}" + "".join(f"{days.get(day, 0):>18}" for days in report.cases.values())
        )
    return said


def _end(report: Report) -> str:
    if report.finished is None:
        return f"Not over: {report.running} enrollments are still running when nothing more happens."
    left = f"; {report.running} still wait for somebody" if report.running else ""
    return f"95 % have an outcome by {report.finished:%a %b %-d}{left}."


def _money(report: Report) -> str:
    return f", {report.cost:.2f} in all" if report.cost is not None else ""


def _day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()


def _finished(ends: Sequence[datetime], patients: int, zone: ZoneInfo) -> date | None:
    needed = math.ceil(patients * NEARLY)
    return _day(sorted(ends)[needed - 1], zone) if 0 < needed <= len(ends) else None
