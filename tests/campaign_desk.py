"""A recall over a few patients, for tests: the program, a manager and her colleague, and the members as a cohort's run leaves them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from storage.db import new_id, now, org_of
from storage.tables import Campaign, CampaignMember, Cohort, Staff
from tests import factories
from workflows import campaigns, publishing, staff
from workflows.campaigns import previews
from workflows.staff import Who

PROGRAM = """
grammar: 1
program: checkup
title: Overdue visit recall
purpose: Invites patients who are due for a visit. A care message, never marketing or billing.
trigger: {cohort: any}
goal: {appointment: booked, within: 30d}
stop_on: {appointment.booked: booked, patient.deceased: deceased}
touch_blocked:
  case: {kind: call_task, team: patient_access, due: 4 business hours}
  on: {booked: booked, declined: closed}
steps:
  invite:
    ask: invite
    context: outreach_schedule
    wait: 2d
    on: &answers {1: ready, 2: ready, ready: ready, human: ready, decline_outreach: closed}
    silence: nudge
  nudge:
    ask: nudge
    context: outreach_schedule
    wait: 3d
    on: {<<: *answers, 3: closed}
    silence: call_task
  ready:
    case: {kind: reschedule, team: patient_access, due: 4 business hours}
    on: &closings {booked: booked, declined: closed}
    then: handed_over
  call_task:
    case: {kind: call_task, team: patient_access, due: 1 business day}
    on: *closings
    then: handed_over
  booked: {outcome: booked}
  closed: {outcome: declined}
  handed_over: {outcome: handed_over}
texts:
  invite:
    en: "{clinic}: it is time for your visit. Reply 1 for a time, 2 for a call."
    es: "{clinic}: ya toca su cita. Responda 1 para una hora, 2 para que le llamemos."
  nudge:
    en: "{clinic}: we can still find you a time. Reply 1 for a time, 2 for a call, 3 not now."
    es: "{clinic}: le podemos dar una hora. Responda 1 para una hora, 2 para que le llamemos, 3 ahora no."
"""


def publish(session: Session, *, source: str = PROGRAM) -> None:
    publishing.publish(session, source, actor="system")


def a_manager(session: Session, slack_id: str = "U0MANAGER") -> Who:
    known = session.scalar(select(Staff.id).where(Staff.email == f"{slack_id.lower()}@clinic.example"))
    return staff.of_id(session, known or factories.a_member_of_staff(session, role="manager", slack_id=slack_id).id)


def people(session: Session, count: int, *, first: int = 0, **facts: Any) -> list[UUID]:
    """Consented patients, each with a number of their own."""
    return [
        factories.a_patient(session, phone=f"+1312555{first + n:04d}", ehr_id=f"pt-{first + n}", **facts).id
        for n in range(count)
    ]


def a_list(session: Session, *, code: str = "") -> Cohort:
    """A cohort that is a list, with nobody on it yet."""
    cohort = Cohort(
        org_id=org_of(session), id=new_id(session), code=code or f"list_{new_id(session).hex[-8:]}", title="A list", kind="csv",
        made_at=now(session), made_by="system",
    )  # fmt: skip
    session.add(cohort)
    session.flush()
    return cohort


def drafted(session: Session, by: Who, **how: Any) -> Campaign:
    cohort = a_list(session)
    draft = campaigns.Draft(
        program="checkup", cohort_id=cohort.id, reason="Overdue for 12 months",
        population="Adults not seen for a year", **how,
    )  # fmt: skip
    return campaigns.create(session, draft, by=by)


def previewed(session: Session, patients: Sequence[UUID], by: Who, **how: Any) -> Campaign:
    """The same, counted."""
    return weigh(session, frozen(session, patients, by, **how).id)


def weigh(session: Session, campaign_id: UUID) -> Campaign:
    return previews.weigh(session, campaigns.get(session, campaign_id))


def frozen(session: Session, patients: Sequence[UUID], by: Who, **how: Any) -> Campaign:
    """A draft over these patients, as a cohort's run would leave it."""
    campaign = drafted(session, by, **how)
    session.execute(
        text(
            "INSERT INTO campaign_members (org_id, campaign_id, patient_id, verdict) SELECT :org, :c, unnest(:p), 'unasked'"
        ),
        {"org": org_of(session), "c": campaign.id, "p": list(patients)},
    )
    return campaign


def verdicts(session: Session, campaign: Campaign) -> dict[str | None, int]:
    """Members by reason; None is who gets a text."""
    rows = session.execute(
        select(CampaignMember.reason, func.count())
        .where(CampaignMember.campaign_id == campaign.id)
        .group_by(CampaignMember.reason)
    )
    return {reason: n for reason, n in rows}  # noqa: C416 - a Row is no tuple of two
