"""The weekly digest is promised once a week to each of its receivers, whatever the clock process went through."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from core.errors import Refused
from storage.tables import AuditRow, DigestPost, OutboxRow
from tests import factories
from tests.service.desk import Desk
from workflows import weekly
from workflows.organising import hours, reports
from workflows.organising.changes import By, Stale, mark

CHICAGO = ZoneInfo("America/Chicago")
MANAGER, ADMIN = "U0MANAGER", "U0ADMIN"


@pytest.fixture
def clinic(desk: Desk) -> Desk:
    """With a manager, an admin, an agent, and somebody enrolled on Monday, Nov 23."""
    with desk.begin() as session:
        for role, account in (("manager", MANAGER), ("admin", ADMIN), ("agent", "U0AGENT")):
            factories.a_member_of_staff(session, role=role, slack_id=account, name=role)
    desk.enrolled()
    return desk


def at(desk: Desk, said: str) -> None:
    """That time on the wall, and the clock's round."""
    desk.at(datetime.fromisoformat(said).replace(tzinfo=CHICAGO))
    tick(desk)


def tick(desk: Desk) -> None:
    with desk.begin() as session:
        weekly.promise(session)


def promised(desk: Desk) -> list[tuple[str, date]]:
    with desk.begin() as session:
        rows = session.scalars(select(DigestPost).order_by(DigestPost.week, DigestPost.channel))
        return [(row.channel, row.week) for row in rows]


def due(desk: Desk) -> int:
    """Promises to post that wait."""
    with desk.begin() as session:
        return len(list(session.scalars(select(OutboxRow).where(OutboxRow.topic == "digest.post"))))


def settled(desk: Desk, said: object) -> None:
    with desk.begin() as session:
        reports.keep_all(session, said)


@pytest.mark.req("S133", by="workflows.weekly:promise")
def test_it_is_promised_to_the_managers_on_monday_at_seven_once(clinic: Desk) -> None:
    at(clinic, "2026-11-30T06:59:59")
    assert promised(clinic) == []

    at(clinic, "2026-11-30T07:00:00")
    tick(clinic)
    at(clinic, "2026-12-06T23:59:00")

    assert promised(clinic) == [(MANAGER, date(2026, 11, 30))]
    assert due(clinic) == 1
    at(clinic, "2026-12-07T07:00:00")
    assert promised(clinic) == [(MANAGER, date(2026, 11, 30)), (MANAGER, date(2026, 12, 7))]


def test_nobody_is_told_before_anybody_was_enrolled(clinic: Desk) -> None:
    at(clinic, "2026-11-23T12:10:00")
    at(clinic, "2026-11-29T23:59:00")

    assert promised(clinic) == []


def test_a_clock_that_stood_still_for_weeks_makes_up_for_one_alone(clinic: Desk) -> None:
    at(clinic, "2026-11-30T07:00:00")

    at(clinic, "2027-01-06T15:00:00")

    assert promised(clinic) == [(MANAGER, date(2026, 11, 30)), (MANAGER, date(2027, 1, 4))]


@pytest.mark.parametrize(
    ("monday", "utc"), [("2027-03-15", "2027-03-15T12:00:00+00:00"), ("2026-11-30", "2026-11-30T13:00:00+00:00")]
)
def test_in_a_week_in_which_clocks_change_it_comes_once_at_seven_on_the_wall(
    clinic: Desk, monday: str, utc: str
) -> None:
    moment = datetime.fromisoformat(utc)
    for minutes in range(-90, 181, 30):
        clinic.at(moment + timedelta(minutes=minutes))
        tick(clinic)
        found = [week for _, week in promised(clinic) if week == date.fromisoformat(monday)]
        assert len(found) == (minutes >= 0)


def test_teams_get_it_in_their_channel_on_their_own_clock(clinic: Desk) -> None:
    with clinic.begin() as session:
        hours.keep(session, {"clinical": {"days": {"1": [["08:00", "17:00"]]}, "zone": "America/Los_Angeles"}})
    settled(clinic, {"managers": "off", "teams": {"clinical": {"day": "Mon", "at": "07:00"}, "front_office": "off"}})

    at(clinic, "2026-11-30T08:59:00")
    assert promised(clinic) == []
    at(clinic, "2026-11-30T09:00:00")

    assert promised(clinic) == [("C0CLINICAL", date(2026, 11, 30))]


def test_another_day_in_the_middle_of_a_week_brings_no_second_one(clinic: Desk) -> None:
    at(clinic, "2026-11-30T07:00:00")

    settled(clinic, {"managers": {"day": "Fri", "at": "16:30"}})
    at(clinic, "2026-12-01T10:00:00")
    at(clinic, "2026-12-04T17:00:00")

    assert promised(clinic) == [(MANAGER, date(2026, 11, 30))]
    at(clinic, "2026-12-11T16:30:00")
    assert promised(clinic)[-1] == (MANAGER, date(2026, 12, 7))


def test_when_the_managers_channel_takes_it_not_each_manager_gets_it(clinic: Desk) -> None:
    settled(clinic, {"managers": {"day": "Mon", "at": "07:00", "channel": "C0MANAGERS"}})
    at(clinic, "2026-11-30T07:00:00")
    with clinic.begin() as session:
        post = weekly.begin(session, session.scalars(select(DigestPost.id)).one())
        assert post is not None

        weekly.instead(session, post)
        weekly.instead(session, post)

    week = date(2026, 11, 30)
    assert promised(clinic) == [("C0MANAGERS", week), (MANAGER, week)]


def test_without_a_manager_it_goes_to_nobody_who_may_not_see_figures(desk: Desk) -> None:
    with desk.begin() as session:
        factories.a_member_of_staff(session, role="agent", slack_id="U0AGENT")
        factories.a_member_of_staff(session, role="manager", slack_id="U0GONE", active=False, name="Gone")
    desk.enrolled()

    at(desk, "2026-11-30T07:00:00")

    assert promised(desk) == []


def test_what_an_admin_saves_is_audited_and_never_over_somebody_else(clinic: Desk) -> None:
    with clinic.begin() as session:
        seen = mark(reports.shown(session, "managers"))
        reports.keep(session, "managers", {"day": "Tue", "at": "08:15"}, by=By("staff:one", seen))
        reports.keep(session, "clinical", None, by=By("staff:one"))
    with clinic.begin() as session:
        assert reports.shown(session, "managers") == {"day": "Tue", "at": "08:15"}
        with pytest.raises(Stale):
            reports.keep(session, "managers", None, by=By("staff:two", seen))
        with pytest.raises(Refused, match="Nothing was saved"):
            reports.keep(session, "nobody", {"day": "Tue", "at": "08:15"}, by=By("staff:two"))
    with clinic.begin() as session:
        audited = session.scalars(select(AuditRow).where(AuditRow.action == "settings.digest")).all()
        assert [(row.actor, row.subject_id) for row in audited] == [("staff:one", "managers")]
