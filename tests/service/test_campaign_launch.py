"""A launch enrols everybody once, into the hours they may be texted in; it is approved, resumed after a kill, paused and stopped."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from core.errors import Refused
from storage import audit, numbers
from storage.db import now
from storage.tables import Campaign, Organisation
from tests import factories
from tests.campaign_desk import a_manager, people, previewed, publish
from tests.service.desk import Desk
from workflows import campaigns
from workflows.campaigns import counts, watching
from workflows.staff import Who

CHICAGO = ZoneInfo("America/Chicago")
ROOMY = {"booking_rate": 0.001, "reply_rate": 0.001, "carrier_segments_per_day": 100_000}


def ready(
    desk: Desk, count: int = 6, *, settings: dict[str, Any] | None = None, **how: Any
) -> tuple[UUID, Who, list[UUID]]:
    """A previewed campaign over some patients, its manager, and them."""
    with desk.begin() as session:
        session.query(Organisation).one().settings = {
            "campaigns": ROOMY | (settings or {}), "pilot": how.pop("pilot", "off"),
        }  # fmt: skip
        session.flush()
        session.info.pop("organisation", None)
        publish(session)
        factories.a_slot(session, start=now(session) + timedelta(days=1))
        manager, patients = a_manager(session), people(session, count)
        return previewed(session, patients, manager, **how).id, manager, patients


def launched(desk: Desk, campaign_id: UUID, by: Who) -> None:
    with desk.begin() as session:
        campaigns.start(session, campaign_id, by=by)
    follow(desk, campaign_id)


def follow(desk: Desk, campaign_id: UUID, *, most: int = 1000) -> None:
    for _ in range(100):
        with desk.begin() as session:
            if not campaigns.follow(session, campaign_id, most=most):
                return


def rows(desk: Desk, query: str) -> Sequence[Any]:
    with desk.begin() as session:
        return session.execute(text(query)).all()


def state(desk: Desk, campaign_id: UUID) -> str:
    with desk.begin() as session:
        return campaigns.get(session, campaign_id).state


def test_everybody_is_enrolled_once_with_trigger_ledger_and_audit_and_wakes_inside_the_window(desk: Desk) -> None:
    campaign_id, manager, _ = ready(desk)

    launched(desk, campaign_id, manager)

    found = rows(desk, "SELECT state, step, wake_at, source FROM enrollments")
    assert [(row.state, row.step, row.source) for row in found] == [("active", None, "campaign")] * 6
    hours = [row.wake_at.astimezone(CHICAGO) for row in found]
    assert all(9 <= hour.hour < 19 for hour in hours)
    assert len(set(hours)) == 6
    context = rows(desk, "SELECT DISTINCT context FROM trigger_events")[0].context
    assert context == {
        "campaign": 1, "program": "checkup", "reason": "Overdue for 12 months", "population": "Adults not seen for a year",
    }  # fmt: skip
    assert rows(desk, "SELECT count(*) FROM decisions WHERE rule = 'trigger.campaign'")[0].count == 6
    assert rows(desk, "SELECT count(*) FROM audit WHERE action = 'enrollment.started'")[0].count == 6
    assert state(desk, campaign_id) == "running"
    with desk.begin() as session:
        assert audit.seal(session) > 0
        assert audit.verify(session)[1] is None


def test_above_the_size_the_launcher_needs_a_second_person(desk: Desk) -> None:
    campaign_id, manager, _ = ready(desk, settings={"approve_above": 5})
    with desk.begin() as session:
        colleague = a_manager(session, "U0COLLEAGUE")

    with pytest.raises(Refused, match="second person"), desk.begin() as session:
        campaigns.start(session, campaign_id, by=manager)
    with pytest.raises(Refused, match="is yours"), desk.begin() as session:
        campaigns.approve(session, campaign_id, by=manager)
    with desk.begin() as session:
        campaigns.approve_and_start(session, campaign_id, by=colleague)

    assert state(desk, campaign_id) == "launching"
    assert rows(desk, "SELECT contacted FROM campaign_approvals") == [(6,)]


def test_two_approvers_at_the_same_moment_launch_once(desk: Desk) -> None:
    campaign_id, _, _ = ready(desk, settings={"approve_above": 5})
    with desk.begin() as session:
        both = [a_manager(session, f"U0APPROVER{n}") for n in range(2)]

    def approve(who: Who) -> str:
        try:
            with desk.begin() as session:
                campaigns.approve_and_start(session, campaign_id, by=who)
        except Refused as refusal:
            return refusal.say
        return "launched"

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(approve, both))
    follow(desk, campaign_id)

    assert said == ["Campaign 1 is being launched already. Nothing was changed.", "launched"]
    assert len(rows(desk, "SELECT FROM campaign_approvals")) == 1
    assert len(rows(desk, "SELECT FROM enrollments")) == 6


def test_a_launch_that_is_killed_in_the_middle_goes_on_without_a_duplicate(desk: Desk) -> None:
    campaign_id, manager, patients = ready(desk, 9)
    with desk.begin() as session:
        campaigns.start(session, campaign_id, by=manager)
        assert campaigns.launch(session, campaign_id, most=4) == 4

    with pytest.raises(OperationalError):
        _launch_and_die(desk, campaign_id)
    follow(desk, campaign_id, most=2)

    assert len(rows(desk, "SELECT DISTINCT patient_id FROM enrollments")) == len(patients)
    assert [len(rows(desk, f"SELECT FROM {table}")) for table in ("enrollments", "trigger_events")] == [9, 9]
    assert len(rows(desk, "SELECT FROM decisions WHERE rule = 'trigger.campaign'")) == 9
    assert state(desk, campaign_id) == "running"


def test_two_workers_at_once_enrol_everybody_once(desk: Desk) -> None:
    campaign_id, manager, _ = ready(desk, 12)
    with desk.begin() as session:
        campaigns.start(session, campaign_id, by=manager)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: follow(desk, campaign_id, most=3), range(2)))

    assert len(rows(desk, "SELECT FROM enrollments")) == 12
    assert state(desk, campaign_id) == "running"


def test_who_opted_out_between_preview_and_launch_is_left_out(desk: Desk) -> None:
    campaign_id, manager, patients = ready(desk)
    with desk.begin() as session:
        gone = numbers.of_patient(session, patients[0])[0]
        numbers.suppress(session, gone.id, source="keyword", message_id=None)

    launched(desk, campaign_id, manager)

    assert len(rows(desk, "SELECT FROM enrollments")) == 5
    assert rows(desk, "SELECT reason FROM campaign_members WHERE verdict = 'excluded'") == [("number.opted_out",)]


@pytest.mark.req("N9", by="workflows.campaigns.counts:compare")
def test_the_holdout_is_recorded_not_contacted_and_compared(desk: Desk) -> None:
    campaign_id, manager, _ = ready(desk, 40, holdout=0.4)
    launched(desk, campaign_id, manager)
    held = [row.patient_id for row in rows(desk, "SELECT patient_id FROM campaign_members WHERE holdout")]
    asked = [row.patient_id for row in rows(desk, "SELECT patient_id FROM enrollments")]
    with desk.begin() as session:
        for patient_id in (*asked[:10], held[0]):
            patient = factories.patient_of(session, patient_id)
            factories.an_appointment(
                session, patient, status="booked", start=now(session) + timedelta(days=9), ehr_updated_at=now(session)
            )

    with desk.begin() as session:
        effect = counts.effect(session, campaign_id)

    assert set(held).isdisjoint(asked)
    assert (effect.treated, effect.treated_booked, effect.holdout, effect.holdout_booked) == (
        len(asked),
        10,
        len(held),
        1,
    )
    assert effect.difference == pytest.approx(10 / len(asked) - 1 / len(held))


def test_paused_nothing_wakes_and_resumed_it_goes_on_inside_the_window(desk: Desk) -> None:
    campaign_id, manager, _ = ready(desk)
    launched(desk, campaign_id, manager)

    with desk.begin() as session:
        campaigns.pause(session, campaign_id, by=manager)
    follow(desk, campaign_id)
    assert rows(desk, "SELECT FROM enrollments WHERE wake_at IS NOT NULL") == []
    desk.at(factories.MONDAY_NOON + timedelta(days=3, hours=12))  # midnight between Thursday (a holiday) and Friday
    with desk.begin() as session:
        campaigns.resume(session, campaign_id, by=manager, reason="The wording was corrected")
    follow(desk, campaign_id)

    wakes = [row.wake_at.astimezone(CHICAGO) for row in rows(desk, "SELECT wake_at FROM enrollments")]
    assert len(wakes) == 6
    assert all(wake.day == 27 and 9 <= wake.hour < 19 for wake in wakes)
    assert state(desk, campaign_id) == "running"


def test_stopped_who_was_not_asked_is_withdrawn_and_who_answered_goes_on(desk: Desk) -> None:
    campaign_id, manager, patients = ready(desk)
    launched(desk, campaign_id, manager)
    with desk.begin() as session:
        session.execute(
            text(
                "INSERT INTO messages (org_id, number_id, patient_id, enrollment_id, direction, purpose, dedupe_key, body, state, "
                "created_at, state_at) SELECT org_id, number_id, patient_id, id, 'in', 'inbound', 'in:1', ''::bytea, 'received', "
                "now(), now() FROM enrollments WHERE patient_id = :p"
            ),
            {"p": patients[0]},
        )

    with desk.begin() as session:
        campaigns.stop(session, campaign_id, by=manager, reason="Wrong cohort")
    follow(desk, campaign_id, most=2)

    ended = rows(desk, "SELECT outcome, count(*) FROM enrollments GROUP BY 1 ORDER BY 1")
    assert ended == [("withdrawn", 5), (None, 1)]
    assert len(rows(desk, "SELECT FROM decisions WHERE rule = 'outcome.withdrawn'")) == 5
    assert state(desk, campaign_id) == "stopped"


def test_a_threshold_pauses_with_its_numbers_and_only_a_manager_with_a_reason_resumes(desk: Desk) -> None:
    campaign_id, manager, _ = ready(desk, settings={"pause_at_overdue_cases": 0})
    launched(desk, campaign_id, manager)
    with desk.begin() as session:
        session.execute(
            text(
                "INSERT INTO cases (org_id, dedupe_key, kind, priority, reason, team_id, opened_at, due_at) "
                "SELECT org_id, 'late', 'call_task', 'normal', 'no_answer', id, now(), :past FROM teams WHERE code = 'patient_access'"
            ),
            {"past": now(session) - timedelta(hours=1)},
        )

    with desk.begin() as session:
        for one in watching.due(session):
            watching.tend(session, one)

    with desk.begin() as session:
        campaign = campaigns.get(session, campaign_id)
        assert (campaign.state, campaign.paused_for) == ("paused", "backlog")
        assert campaign.plan["paused"] == {"of": 0, "crossed": 1}
    with pytest.raises(Refused, match="why it is safe"), desk.begin() as session:
        campaigns.resume(session, campaign_id, by=manager, reason=" ")


def test_a_campaign_whose_patients_have_all_ended_is_done(desk: Desk) -> None:
    campaign_id, manager, _ = ready(desk)
    launched(desk, campaign_id, manager)
    with desk.begin() as session:
        session.execute(text("UPDATE enrollments SET state = 'ended', outcome = 'declined', wake_at = NULL"))

    with desk.begin() as session:
        watching.tend(session, campaign_id)

    assert state(desk, campaign_id) == "done"


@pytest.mark.req("S14", by="workflows.campaigns.recurring:repeat")
def test_a_recurring_campaign_is_counted_again_on_its_day(desk: Desk) -> None:
    campaign_id, manager, _ = ready(desk, repeat_days=30)
    launched(desk, campaign_id, manager)
    desk.at(factories.MONDAY_NOON + timedelta(days=31))

    with desk.begin() as session:
        for one in watching.due(session):
            watching.tend(session, one)

    with desk.begin() as session:
        runs = session.query(Campaign).order_by(Campaign.run).all()
        assert [(c.run, c.state, c.reason) for c in runs][1] == (2, "draft", "Overdue for 12 months")
        assert runs[0].next_run_at is None


def _launch_and_die(desk: Desk, campaign_id: UUID) -> None:
    """The process is gone after the chunk's statements and before its commit, as PostgreSQL sees it."""
    with desk.begin() as session:
        assert campaigns.launch(session, campaign_id, most=4) == 4
        with psycopg.connect(desk.superuser_url, autocommit=True) as link:
            link.execute("SELECT pg_terminate_backend(%s)", [session.scalar(text("SELECT pg_backend_pid()"))])


FEW = {"runs": 4, "review_all": 2, "min_reviewed": 2}


def test_a_piloted_program_takes_no_more_patients_than_it_has_runs_left(desk: Desk) -> None:
    campaign, manager, _ = ready(desk, 6, pilot=FEW)

    with pytest.raises(Refused, match="have 4 of its runs left"):
        launched(desk, campaign, manager)


def test_the_patients_of_a_campaign_are_numbered_runs_of_its_pilot(desk: Desk) -> None:
    campaign, manager, _ = ready(desk, 4, pilot=FEW)

    launched(desk, campaign, manager)

    assert rows(desk, "SELECT phase, run_no FROM enrollments ORDER BY run_no") == [("pilot", no) for no in range(1, 5)]
    assert rows(desk, "SELECT phase, runs FROM pilots") == [("locked", 4)]
