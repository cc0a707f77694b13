"""The thread of a case's card: what its owner types there as `reply: …` becomes a text, and the patient's answers come back to it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Refused
from storage import messages, outbox
from storage.db import now, org_of
from storage.outbox import Lane, Topic
from storage.tables import CardPost, Case, Message
from workflows import cases, privacy, replies, staff
from workflows.gate import TALKING
from workflows.roles import Role
from workflows.staff import Who

NOT_IN_SLACK = (
    "Nothing was sent: here texts to patients are not written in Slack, and what you typed should not stay. "
    "Please delete your message, and write on the case page"
)


class OnThePage(Refused):
    """What was typed does not belong into Slack; the signed-in page takes it."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A text that was planned from a thread."""

    case_id: UUID
    message_id: UUID
    segments: int


def case_of(session: Session, channel: str, thread_ts: str) -> Case | None:
    """The case whose card begins this thread; None for any other thread."""
    post = (CardPost.org_id == Case.org_id) & (CardPost.case_id == Case.id)
    found = select(Case).join(CardPost, post).where(Case.org_id == org_of(session))
    return session.scalar(found.where(CardPost.channel == channel, CardPost.ts == thread_ts))


def typed(session: Session, case: Case, text: str, *, by: Who, form_id: UUID) -> Sent:
    """Plan the text that `by` typed in the thread; the same `form_id` twice is one text.

    Refused for anybody but the owner and clinicians, after the case is closed, and, as OnThePage, where Slack may not see the patient.
    """
    _demand_sender(session, case, by)
    if privacy.level(session, case) == "none":
        raise OnThePage(NOT_IN_SLACK)
    planned = replies.write(session, case, text, by=by, form_id=form_id)
    row = session.scalars(select(Message).where(Message.org_id == org_of(session), Message.id == planned)).one()
    return Sent(case.id, planned, row.segments)


def takes(session: Session, message: Message) -> bool:
    """Whether a text answers somebody who is writing to this patient: then it is theirs alone, no new case and no automatic word.

    They wrote last, within a day, from a case that is still theirs; a program that asked since then gets its answer instead. A case that
    was put off comes back.
    """
    about = (Message.org_id == Case.org_id) & (Message.case_id == Case.id)
    found = (
        select(Case, Message.created_at)
        .join(Message, about)
        .where(
            Case.org_id == org_of(session),
            Case.state != "closed",
            Case.owner_id.is_not(None),
            Message.number_id == message.number_id,
            Message.purpose == "staff",
            Message.created_at > now(session) - TALKING,
            Message.state.in_((*messages.COUNTED, *messages.OPEN)),
        )
        .order_by(Message.created_at.desc())
        .limit(1)
    )
    last = session.execute(found).one_or_none()
    if last is None or messages.latest_program_text(session, message.number_id, since=last.created_at) is not None:
        return False
    back: dict[str, Any] = (
        {"state": "claimed", "snoozed_until": None} if last.Case.state in ("snoozed", "waiting_patient") else {}
    )
    cases.change(session, last.Case, "patient_replied", only_if=[Case.state != "closed"], actor="patient", **back)
    return True


def heard(session: Session, message: Message) -> None:
    """A text came in: promise it to the thread of the case that somebody is on for this patient; a case it opened has a card for it."""
    theirs = (
        Case.patient_id == message.patient_id
        if message.patient_id is not None
        else Case.patient_id.is_(None) & (Case.number_id == message.number_id)
    )
    found = select(Case.id).where(
        Case.org_id == org_of(session),
        theirs,
        Case.state != "closed",
        Case.owner_id.is_not(None),
        Case.message_id.is_distinct_from(message.id),
    )
    case_id = session.scalar(found.order_by(Case.claimed_at.desc().nulls_last(), Case.id.desc()).limit(1))
    if case_id is not None:
        outbox.put(session, Topic.THREAD_POST, message.id, lane=Lane.REPLIES, case=str(case_id))


def _demand_sender(session: Session, case: Case, by: Who) -> None:
    staff.demand_work(session, by, case)
    if case.state == "closed":
        raise Refused(f"Case {case.number} is closed: its thread sends nothing any more. Nothing was sent.")
    if case.owner_id is None:
        raise Refused(f"Claim case {case.number} first, so that two people do not write to the same patient.")
    if case.owner_id != by.id and by.role is not Role.CLINICIAN:
        owner = staff.name(session, case.owner_id)
        raise cases.AlreadyClaimed(f"{owner} has case {case.number}: only they write to the patient. Nothing was sent.")
