"""Work for a person, the cards that show it, and the promises made on the way."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, Sequence, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.columns import OrgLine, OrgRow, Row, org, to

case_numbers = Sequence("case_numbers", start=1001, metadata=Row.metadata)


class Case(OrgRow):
    __tablename__ = "cases"
    __table_args__ = (
        org(),
        to("team_id", "teams"),
        to("owner_id", "staff"),
        to("patient_id", "patients"),
        to("number_id", "phone_numbers"),
        to("enrollment_id", "enrollments"),
        to("message_id", "messages"),
        to("booking_slot_id", "slots"),
        UniqueConstraint("org_id", "number"),
        UniqueConstraint("org_id", "dedupe_key"),
        Index("ix_cases_open", "org_id", "team_id", "due_at", postgresql_where=text("state <> 'closed'")),
        Index("ix_cases_snoozed", "org_id", "snoozed_until", postgresql_where=text("state = 'snoozed'")),
        Index("ix_cases_patient", "org_id", "patient_id"),
        Index("ix_cases_enrollment", "org_id", "enrollment_id"),
    )

    number: Mapped[int] = mapped_column(BigInteger, case_numbers, server_default=case_numbers.next_value())
    dedupe_key: Mapped[str]
    kind: Mapped[str]
    priority: Mapped[str]
    reason: Mapped[str]  # a code; the words are the card's
    team_id: Mapped[UUID]
    owner_id: Mapped[UUID | None]
    state: Mapped[str] = mapped_column(server_default="open")
    step: Mapped[str | None]
    asked: Mapped[str | None]  # coded: "Tue 12–17"
    asked_start: Mapped[datetime | None]
    asked_end: Mapped[datetime | None]
    objection: Mapped[str | None]  # codes of workflows/understanding/conversation.py, as the text was read
    next_step: Mapped[str | None]
    promise: Mapped[str | None]
    patient_id: Mapped[UUID | None]
    number_id: Mapped[UUID | None]
    enrollment_id: Mapped[UUID | None]
    message_id: Mapped[UUID | None]
    opened_at: Mapped[datetime]
    card_posted_at: Mapped[
        datetime | None
    ]  # business time of its first card; a later one (moved, reopened) changes nothing
    due_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    snoozed_until: Mapped[datetime | None]
    disposition: Mapped[str | None]
    note: Mapped[bytes | None]
    booking_slot_id: Mapped[UUID | None]
    booked_for: Mapped[datetime | None]
    writeback: Mapped[str] = mapped_column(server_default="pending")  # pending, synced, manual
    version: Mapped[int] = mapped_column(server_default=text("1"))


class CaseEvent(OrgLine):
    """What happened to a case, in codes: opened, claimed, released, reassigned, booking, closed, reopened."""

    __tablename__ = "case_events"
    __table_args__ = (org(), to("case_id", "cases"), Index("ix_case_events_case", "org_id", "case_id"))

    case_id: Mapped[UUID]
    at: Mapped[datetime]
    what: Mapped[str]
    staff_id: Mapped[UUID | None]
    detail: Mapped[str | None]


class Interpretation(OrgRow):
    """Who interpreted when a case was closed; `at` is that closing's moment."""

    __tablename__ = "interpretations"
    __table_args__ = (
        org(),
        to("case_id", "cases"),
        to("staff_id", "staff"),
        Index("ix_interpretations_case", "org_id", "case_id"),
    )

    case_id: Mapped[UUID]
    staff_id: Mapped[UUID]  # who says so
    at: Mapped[datetime]
    interpreter: Mapped[str]
    language: Mapped[str]
    how: Mapped[str]  # phone, video, in_person


class CardPost(OrgRow):
    __tablename__ = "card_posts"
    __table_args__ = (
        org(),
        to("case_id", "cases"),
        to("stands_in_for", "teams"),
        UniqueConstraint("org_id", "case_id", "channel"),
        Index("ix_card_posts_redraw", "org_id", "redraw_at", postgresql_where=text("redraw_at IS NOT NULL")),
    )

    case_id: Mapped[UUID]
    channel: Mapped[str]
    ts: Mapped[str | None]
    posting_since: Mapped[
        datetime | None
    ]  # machine time: set before the post, so that a lost answer is looked up, not posted again
    rendered_version: Mapped[int] = mapped_column(server_default=text("0"))
    shown: Mapped[bytes | None]  # a digest of what it says, but for the minutes: said again, Slack is not called
    drawn_at: Mapped[datetime | None]
    stands_in_for: Mapped[UUID | None]  # the team whose own channel takes no cards, while this one shows them
    redraw_at: Mapped[datetime | None]  # when its words about time change next; None while a redraw is promised


class PromiseRow(OrgRow):
    __tablename__ = "promises"
    __table_args__ = (
        org(),
        to("case_id", "cases"),
        to("team_id", "teams"),
        to("message_id", "messages"),
        UniqueConstraint("org_id", "case_id", "kind"),
        Index("ix_promises_due", "org_id", "due_at", postgresql_where=text("kept_at IS NULL")),
    )

    case_id: Mapped[UUID]
    team_id: Mapped[UUID | None]  # who owes it
    message_id: Mapped[UUID | None]  # the text that made it
    kind: Mapped[str]  # call
    due_at: Mapped[datetime]
    made_at: Mapped[datetime]
    kept_at: Mapped[datetime | None]
