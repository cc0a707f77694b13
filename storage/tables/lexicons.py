"""An organisation's own lexicon, version by version."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from storage.tables.columns import OrgRow, org, to


class LexiconVersion(OrgRow):
    """One file as it was handed in; a second person, a clinician, makes it live (`organisations.lexicon_id`)."""

    __tablename__ = "lexicon_versions"
    __table_args__ = (
        org(),
        to("editor_id", "staff"),
        to("approver_id", "staff"),
        UniqueConstraint("org_id", "number"),
    )

    number: Mapped[int]
    source: Mapped[str]  # the YAML as handed in
    editor_id: Mapped[UUID]
    edited_at: Mapped[datetime]
    approver_id: Mapped[UUID | None]
    live_at: Mapped[datetime | None]
