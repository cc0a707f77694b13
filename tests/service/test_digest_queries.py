"""A digest asks a bounded number of questions, however many programs there are: each is a round trip, and often a pass over a table."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from tests.service.desk import Desk
from tests.service.kpi_scene import TODAY, Ledger
from workflows import local_days
from workflows.kpis import engine, gathering, periods, reports
from workflows.kpis.asked import Asked
from workflows.kpis.gathering import Wanted

PROGRAMS = {
    "no_show": "appointment.noshow", "recall": "cohort.matched", "discharge": "encounter.discharged", "survey": "appointment.fulfilled",
    "reminder": "appointment.booked",
}  # fmt: skip


@contextmanager
def statements() -> Iterator[list[str]]:
    """What is asked of the database meanwhile."""
    found: list[str] = []

    def heard(_link: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    event.listen(Engine, "before_cursor_execute", heard)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", heard)


def of_a_week(session: Session, program: str = "") -> None:
    gathering.digest(session, Wanted(program=program, owners=True, pictured=True))


def page(session: Session) -> None:
    reports.gather(session, Asked(periods.week(local_days.today(session)), by="program"), owners=True)


@pytest.mark.parametrize(("act", "most"), [(of_a_week, 110), (page, 180)])
def test_what_is_shown_takes_hardly_more_questions_with_five_programs_than_with_one(
    desk: Desk, act: Callable[[Session], None], most: int
) -> None:
    rows = Ledger(desk)

    def asked() -> int:
        with desk.begin() as session:
            engine.refresh(session)
        with (
            desk.begin() as other
        ):  # it refreshes: whoever reads meanwhile does not, however busy the database is with other tests
            assert other.scalar(engine.TRY_LOCK, {"org": desk.org})
            with desk.begin() as session, statements() as found:
                act(session)
        return len(found)

    def runs(program: str) -> None:
        for day in (2, 3, 23, 24):
            run = rows.run(f"11-{day:02} 09:00", program=program, event=PROGRAMS[program])
            rows.text(run, f"11-{day:02} 09:05")
            rows.case(run, f"11-{day:02} 11:00")

    desk.at(TODAY)
    runs("no_show")
    one = asked()
    for program in list(PROGRAMS)[1:]:
        runs(program)

    assert asked() <= one + len(PROGRAMS)  # the weeks of each program, to compare them
    assert one <= most
