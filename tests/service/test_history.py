"""A played history is real: its rows come from the services, it ends where it is told to, and the same seed plays it again."""

from datetime import timedelta

from sqlalchemy import func, select

from sandbox.ehr.checks import check
from storage.db import now, org_of
from storage.tables import (
    Appointment,
    Campaign,
    CampaignApproval,
    CardPost,
    Case,
    CaseEvent,
    Enrollment,
    Message,
    OutboxRow,
    Patient,
    PilotReview,
    ProgramRow,
    ReadingRow,
)
from tests import databases, played
from tests.played import Played
from workflows.kpis import lift, periods
from workflows.kpis.definitions import KPIS

PERIOD = periods.Period(played.BEGINS.date(), played.ENDS.date())
FIRST_RECALL = played.BEGINS + timedelta(weeks=2, hours=10)
NOTHING = {
    "cost_per_recovered": "its runs have to be 60 days old, and these weeks are five",
    "incremental_recovery": "so have recalls",
    "avoidable_callbacks": "thirty days after a discharge, and in whole weeks",
}
"""KPIs that so small a clinic has nothing to count of, and why. The demo's has."""


def test_what_weeks_leave_is_there_and_nothing_is_due(history: Played) -> None:
    with history.db.begin(org=history.org) as session:
        assert now(session) == played.ENDS
        of = (ProgramRow.org_id == Enrollment.org_id) & (ProgramRow.id == Enrollment.program_id)
        started = set(session.scalars(select(ProgramRow.code).join(Enrollment, of)))
        states = set(session.scalars(select(Message.state).where(Message.direction == "out")))
        assert (session.scalar(select(func.count()).select_from(ReadingRow)) or 0) > 20
        late = select(func.count()).where(OutboxRow.org_id == org_of(session), OutboxRow.state == "due")
        assert session.scalar(late) == 0
    assert started >= {"reminder", "no_show", "survey", "recall", "discharge"}
    assert states >= {"delivered", "undelivered"}
    assert not states & {"sending", "unknown", "accepted"}
    assert history.count(Case.state == "closed", Case.claimed_at.is_not(None)) > 20
    assert history.count(CardPost.ts.is_not(None)) >= history.count(Case.id.is_not(None))
    assert history.count(Appointment.status == "noshow") > 10
    assert {visit["status"] for visit in history.visits} >= {"fulfilled", "noshow"}
    for visit in history.visits:
        check(visit)


def test_a_line_a_week_says_how_far_it_is_and_how_long_it_still_takes(history: Played) -> None:
    weeks = [line for line in history.said if line.startswith("Week")]

    assert len(weeks) == 6
    assert weeks[0].startswith("Week 1 of 6: ")
    assert "; about " in weeks[0]
    assert weeks[0].endswith(" min left.")
    assert weeks[-1].endswith(" claimed so far.")


def test_every_kpi_of_the_catalogue_has_something_to_count_or_a_reason_why_not(history: Played) -> None:
    told = {row["kpi"]: row for row in history.kpis()}

    assert {code for code in KPIS if not told[code]["denominator"]} <= set(NOTHING)
    assert told["delivery"]["low"] < told["delivery"]["value"] <= told["delivery"]["high"] <= 1


def test_a_recall_is_approved_by_another_and_leaves_some_alone(history: Played) -> None:
    with history.db.begin(org=history.org) as session:
        found = session.scalars(select(Campaign).where(Campaign.launched_at.is_not(None)).order_by(Campaign.number))
        launched = list(found)
        approvals = dict(session.execute(select(CampaignApproval.campaign_id, CampaignApproval.staff_id)).all())
        compared = lift.incremental(session, PERIOD)

    assert launched
    assert all(approvals[one.id] != one.launched_by for one in launched)
    assert all(one.holdout > 0 for one in launched)
    assert sum(one.plan["contacted"] for one in launched) > 0
    assert not [words for words in history.said if "not launched" in words]
    assert all(len(one.version_ids) == 2 for one in launched)
    assert compared.note.startswith("Nobody was held out in this period (or it is too young)")


def test_work_of_people_reviews_and_languages_are_in_it(history: Played) -> None:
    with history.db.begin(org=history.org) as session:
        kinds = set(session.scalars(select(Case.kind)))
        events = set(session.scalars(select(CaseEvent.what)))
        languages = set(session.scalars(select(Patient.language)))
    sites = {row["group"] for row in history.kpis("--by", "site") if row["kpi"] == "reach"}
    phases = {row["group"] for row in history.kpis("--by", "phase") if row["kpi"] == "reach"}

    assert kinds >= {"call_task", "pilot_review"}
    assert events >= {"call_logged", "claimed", "closed"}
    assert len(languages) > 1
    assert f"site={played.SITES[0]}" in sites  # the other one begins when a pilot has grown
    assert "phase=pilot_1" in phases
    assert history.count(PilotReview.verdict.is_not(None)) > 5


def test_the_same_seed_plays_the_same_history(history: Played, clean_database: databases.Database) -> None:
    first = history.until(FIRST_RECALL)

    def say(words: str) -> None:
        if words.startswith("Recall 1"):
            raise played.Enough

    databases.clean(clean_database)
    again = played.play(clean_database, say=say)

    assert len(first) > 100
    assert again.until(FIRST_RECALL) == first
    assert _counts(again.said) == _counts(history.said)[: len(again.said)]


def _counts(said: list[str]) -> list[str]:
    """Without how long it still takes."""
    return [words.partition("; about")[0] for words in said]
