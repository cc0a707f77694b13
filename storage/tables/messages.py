"""Texts in and out, the attempts to send them, what the provider said, and what the understanding made of replies."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.columns import OrgLine, OrgRow, org, to


class Conversation(OrgRow):
    """All messages with one patient; with a number while nobody is matched to it."""

    __tablename__ = "conversations"
    __table_args__ = (
        org(),
        to("patient_id", "patients"),
        to("number_id", "phone_numbers"),
        Index(
            "uq_conversations_patient",
            "org_id",
            "patient_id",
            unique=True,
            postgresql_where=text("patient_id IS NOT NULL"),
        ),
        Index(
            "uq_conversations_stranger", "org_id", "number_id", unique=True, postgresql_where=text("patient_id IS NULL")
        ),
    )

    patient_id: Mapped[UUID | None]
    number_id: Mapped[UUID | None]
    last_inbound_at: Mapped[datetime | None]


class Message(OrgRow):
    __tablename__ = "messages"
    __table_args__ = (
        org(),
        to("conversation_id", "conversations"),
        to("number_id", "phone_numbers"),
        to("patient_id", "patients"),
        to("enrollment_id", "enrollments"),
        UniqueConstraint("org_id", "dedupe_key"),
        Index("ix_messages_number_sent", "org_id", "number_id", "sent_at"),
        Index("ix_messages_sent", "org_id", "sent_at"),
        Index("ix_messages_came", "org_id", "created_at", postgresql_where=text("direction = 'in'")),
        Index("ix_messages_enrollment", "org_id", "enrollment_id"),
        Index("ix_messages_conversation", "org_id", "conversation_id", "created_at"),
        Index(
            "ix_messages_held",
            "org_id",
            "hold_until",
            postgresql_where=text("state = 'held' AND hold_until IS NOT NULL"),
        ),
        Index(
            "ix_messages_merged",
            "org_id",
            "merged_into",
            postgresql_where=text("merged_into IS NOT NULL"),
        ),
        Index(
            "uq_messages_provider",
            "org_id",
            "provider_sid",
            unique=True,
            postgresql_where=text("provider_sid IS NOT NULL"),
        ),
    )

    conversation_id: Mapped[UUID | None]
    number_id: Mapped[UUID]
    patient_id: Mapped[UUID | None]
    enrollment_id: Mapped[UUID | None]
    case_id: Mapped[UUID | None]
    direction: Mapped[str]  # in, out
    channel: Mapped[str] = mapped_column(server_default="sms")
    purpose: Mapped[str]  # program, safety, opt_out, answer, booking, staff, inbound
    dedupe_key: Mapped[str]
    step: Mapped[str | None]
    touch: Mapped[int | None]
    language: Mapped[str | None]
    body: Mapped[bytes]
    segments: Mapped[int] = mapped_column(server_default=text("1"))
    state: Mapped[str]
    rule: Mapped[str | None]
    in_reply_to: Mapped[UUID | None]
    merged_into: Mapped[UUID | None]  # the one text of a household that said this one's matter too
    staff_id: Mapped[UUID | None]
    provider_sid: Mapped[str | None]
    error_code: Mapped[str | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]  # business time of the claim: what caps count
    hold_until: Mapped[datetime | None]  # business time: when a held message is looked at again
    state_at: Mapped[datetime]


class Attempt(OrgRow):
    """One try to hand a message to the provider. `sending` past its lease means UNKNOWN, never a second try."""

    __tablename__ = "attempts"
    __table_args__ = (
        org(),
        to("message_id", "messages"),
        UniqueConstraint("org_id", "message_id", "no"),
        Index("ix_attempts_open", "org_id", "lease_until", postgresql_where=text("state = 'sending'")),
        Index("ix_attempts_started", "org_id", "started_at"),
    )

    message_id: Mapped[UUID]
    no: Mapped[int] = mapped_column(server_default=text("1"))
    state: Mapped[str]  # sending, accepted, not_sent, failed, unknown
    started_at: Mapped[datetime]  # machine time
    lease_until: Mapped[datetime]
    http_status: Mapped[int | None]
    provider_code: Mapped[str | None]
    provider_sid: Mapped[str | None]
    resolved_by: Mapped[str | None]
    looks: Mapped[int] = mapped_column(server_default=text("0"))


class ProviderEvent(OrgLine):
    """Every status callback, as it came; the message's state only ever moves up from them."""

    __tablename__ = "provider_events"
    __table_args__ = (org(), UniqueConstraint("org_id", "provider_sid", "status", "error_code"))

    attempt_id: Mapped[UUID | None]
    provider_sid: Mapped[str]
    status: Mapped[str]
    error_code: Mapped[str] = mapped_column(server_default="")
    received_at: Mapped[datetime]


class ReadingRow(OrgRow):
    __tablename__ = "readings"
    __table_args__ = (org(), to("message_id", "messages"), UniqueConstraint("org_id", "message_id", "engine"))

    message_id: Mapped[UUID]
    engine: Mapped[str]
    context: Mapped[str | None]
    intents: Mapped[list[str]]
    urgency: Mapped[str]
    confidence: Mapped[float]
    review: Mapped[bool]
    opt_out: Mapped[bool]
    score: Mapped[int | None]
    choice: Mapped[int | None]
    language: Mapped[str | None]
    when_label: Mapped[str | None]
    when_start: Mapped[datetime | None]
    when_end: Mapped[datetime | None]
    when_grain: Mapped[str | None]
    objection: Mapped[str | None]
    next_step: Mapped[str | None]
    promise: Mapped[str | None]
    evidence: Mapped[bytes]
    read_at: Mapped[datetime]


class Decision(OrgLine):
    """The ledger: this send was made, held or refused, by which rule; also triggers, stops and writes, so that `why` can tell a story."""

    __tablename__ = "decisions"
    __table_args__ = (
        org(),
        Index("ix_decisions_enrollment", "org_id", "enrollment_id"),
        Index("ix_decisions_message", "org_id", "message_id"),
        Index("ix_decisions_case", "org_id", "case_id", postgresql_where=text("case_id IS NOT NULL")),
    )

    at: Mapped[datetime]
    enrollment_id: Mapped[UUID | None]
    message_id: Mapped[UUID | None]
    case_id: Mapped[UUID | None]
    number_id: Mapped[UUID | None]
    verdict: Mapped[str]  # sent, held, refused, and what else happened: triggered, stopped, paused, written …
    rule: Mapped[str]
    detail: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
