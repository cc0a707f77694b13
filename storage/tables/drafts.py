"""Programs being changed: a draft becomes a version when a second person approves it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.columns import OrgRow, org, to


class ProgramDraft(OrgRow):
    """The YAML as edited so far; at most one open draft a program. `revision` guards an approval against a later edit."""

    __tablename__ = "program_drafts"
    __table_args__ = (
        org(),
        to("program_id", "programs"),
        to("based_on_id", "program_versions"),
        to("version_id", "program_versions"),
        to("approved_by_id", "staff"),
        Index("uq_program_drafts_open", "org_id", "program_id", unique=True, postgresql_where=text("state = 'open'")),
    )

    program_id: Mapped[UUID]
    based_on_id: Mapped[UUID]
    source: Mapped[str]
    editors: Mapped[list[str]]  # staff ids: none of them may approve
    edited_at: Mapped[datetime]
    revision: Mapped[int] = mapped_column(server_default=text("1"))
    state: Mapped[str] = mapped_column(server_default="open")  # open, published, discarded
    approved_by_id: Mapped[UUID | None]
    version_id: Mapped[UUID | None]
