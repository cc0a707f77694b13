"""The modelled back office: what outreach costs, how it was before, and why patients call, as the phone system counts it by the week."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from handlers.history.script import Script
from handlers.history.stage import Stage
from workflows.kpis import baselines, callbacks
from workflows.organising import costs

PRICES = {"segment_usd": 0.0083, "carrier_fee_usd": 0.003, "staff_hour_usd": 32, "staff_minutes_a_case": 9}
WEEK = timedelta(weeks=1)
MORNING = timedelta(hours=9)
CALLS = 4  # each of so many times, whoever came home may call in the weeks after
CALL = 0.16
OTHERS = (5, 14)  # calls a week of everybody else
AFTER_A_STAY = {"instructions": 0.3, "visit_time": 0.2, "form": 0.1, "repeat": 0.1, "symptoms": 0.2, "billing": 0.1}
ELSE = {"new_time": 0.45, "billing": 0.2, "question": 0.2, "not_coming": 0.15}
BEFORE = (
    ("", "reach", 118, 260, "two months of call sheets of the front desk"),
    ("", "avoidable_callbacks", 88, 80, "phone system; the denominator is discharges"),
    ("no_show", "rebooked", 31, 140, "report of the scheduling system"),
)
"""Program, KPI, numerator, denominator, method: what the clinic had counted by hand. No-shows are counted from the EHR."""


class Office:
    """On the first morning, and each Monday with last week's calls."""

    def __init__(self, stage: Stage, script: Script, home: Sequence[datetime]) -> None:
        """`home`: when who had been in hospital went home, as far as that has happened."""
        self.stage, self.home, self.zone = stage, home, ZoneInfo(script.zone)
        self._ends = script.ends

    def open(self) -> None:
        """Prices and baselines are brought in before the first text leaves."""
        today = self._today()
        first, last = today - timedelta(weeks=8), today - timedelta(days=1)
        lines = [",".join(baselines.COLUMNS)]
        lines += [f'{program},{kpi},{n},{of},{first},{last},"{how}"' for program, kpi, n, of, how in BEFORE]
        with self.stage.begin() as session:
            costs.keep(session, PRICES)
            known = [baselines.from_ehr(session)]
            baselines.keep(session, [*known, *baselines.parse(lines)], actor="operator")
        monday = today + timedelta(days=-today.weekday() % 7)
        self._next(monday)

    def _next(self, monday: date) -> None:
        at = datetime.combine(monday + WEEK, datetime.min.time(), self.zone) + MORNING
        if at < self._ends:
            self.stage.later(at, partial(self._count, monday))

    def _count(self, monday: date) -> None:
        """The file of the week that began on that Monday."""
        lines = [",".join(callbacks.COLUMNS)]
        lines += [f"{monday},{reason},{calls}" for reason, calls in sorted(self._calls(monday).items())]
        with self.stage.begin() as session:
            callbacks.keep(session, callbacks.parse(lines), actor="operator")
        self._next(monday + WEEK)

    def _calls(self, monday: date) -> Counter[str]:
        chance = self.stage.dice.of("phone", monday)
        begins = datetime.combine(monday, datetime.min.time(), self.zone)
        lately = sum(begins - WEEK <= at < begins + WEEK for at in self.home)
        ringing = sum(chance.random() < CALL for _ in range(CALLS * lately))
        found = Counter(chance.choices(list(AFTER_A_STAY), list(AFTER_A_STAY.values()), k=ringing))
        return found + Counter(chance.choices(list(ELSE), list(ELSE.values()), k=chance.randint(*OTHERS)))

    def _today(self) -> date:
        return self.stage.at.astimezone(self.zone).date()
