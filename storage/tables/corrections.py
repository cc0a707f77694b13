"""What staff say a text really meant."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from storage.tables.columns import OrgRow, org, to


class Correction(OrgRow):
    """One correction of one reading; the newest of a message counts. `was_*`: as it stood before, `engine` what had read it."""

    __tablename__ = "corrections"
    __table_args__ = (
        org(),
        to("message_id", "messages"),
        to("reading_id", "readings"),
        to("case_id", "cases"),
        to("staff_id", "staff"),
        Index("ix_corrections_message", "org_id", "message_id"),
    )

    message_id: Mapped[UUID]
    reading_id: Mapped[UUID]
    case_id: Mapped[UUID]  # on whose page it was said
    engine: Mapped[str]
    was_intents: Mapped[list[str]]
    was_urgency: Mapped[str]
    intents: Mapped[list[str]]
    urgency: Mapped[str]
    note: Mapped[str]  # a code of workflows.corrections.NOTES
    staff_id: Mapped[UUID]
    corrected_at: Mapped[datetime]
