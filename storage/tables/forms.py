"""Forms that patients fill in by a link, what they answered, and the visit times they were offered."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.columns import OrgRow, org, to


class FormLink(OrgRow):
    """One form for one patient, once. Only the token's hash is kept."""

    __tablename__ = "form_links"
    __table_args__ = (
        org(),
        to("patient_id", "patients"),
        to("number_id", "phone_numbers"),
        to("enrollment_id", "enrollments"),
        UniqueConstraint("org_id", "token_hash"),
        Index("ix_form_links_enrollment", "org_id", "enrollment_id"),
    )

    token_hash: Mapped[bytes]
    form: Mapped[str]
    version: Mapped[int]
    patient_id: Mapped[UUID]
    number_id: Mapped[UUID]
    enrollment_id: Mapped[UUID | None]
    step: Mapped[str | None]
    language: Mapped[str]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]  # business time
    used_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(server_default=text("0"))  # wrong years of birth


class FormAnswer(OrgRow):
    """Append-only: what came in. `coded` holds choices, scores and dates for branching; the patient's own words are sealed."""

    __tablename__ = "form_answers"
    __table_args__ = (
        org(),
        to("link_id", "form_links"),
        to("patient_id", "patients"),
        to("enrollment_id", "enrollments"),
        to("message_id", "messages"),
        UniqueConstraint("org_id", "link_id"),
        Index("ix_form_answers_enrollment", "org_id", "enrollment_id"),
    )

    link_id: Mapped[UUID]
    form: Mapped[str]
    version: Mapped[int]
    patient_id: Mapped[UUID]
    enrollment_id: Mapped[UUID | None]
    message_id: Mapped[UUID]
    coded: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    words: Mapped[bytes | None]
    answered_at: Mapped[datetime]


class Offer(OrgRow):
    """One visit time offered to one patient as choice `n`; while it lives no other patient is offered the slot."""

    __tablename__ = "offers"
    __table_args__ = (
        org(),
        to("enrollment_id", "enrollments"),
        to("slot_id", "slots"),
        Index("ix_offers_enrollment", "org_id", "enrollment_id"),
        Index("ix_offers_slot", "org_id", "slot_id", postgresql_where=text("ended_at IS NULL")),
    )

    enrollment_id: Mapped[UUID]
    step: Mapped[str]
    n: Mapped[int]
    slot_id: Mapped[UUID]
    offered_at: Mapped[datetime]
    expires_at: Mapped[datetime]  # business time
    ended_at: Mapped[datetime | None]  # answered, replaced, or taken by somebody else
