"""What managers' counts count: patients' matters, not practice and not alerts of our own."""

from storage.db import now
from tests.service.desk import Desk
from workflows import cases
from workflows.kpis import glance
from workflows.kpis.periods import Period


def test_practice_and_alerts_are_not_in_the_counts(desk: Desk) -> None:
    with desk.begin() as session:
        for kind in ("admin", "practice", "system_alert"):
            cases.open_one(
                session,
                cases.Opening(
                    kind=kind, team="front_office", reason="reply", due="1 hour", dedupe_key=f"glance:{kind}"
                ),
            )
        today = now(session).date()

        found = glance.of(session, Period(today, today))

    assert (found.cases_opened, found.cases_open) == (1, 1)
