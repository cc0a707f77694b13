"""Who may send us triggers, what marks a patient, payer or account, and the names sources have for patients."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from storage.tables.columns import OrgRow, org, to


class TriggerSource(OrgRow):
    """A system with a token of its own; only the token's hash is kept."""

    __tablename__ = "trigger_sources"
    __table_args__ = (org(), UniqueConstraint("org_id", "name"), UniqueConstraint("org_id", "token_hash"))

    name: Mapped[str]
    token_hash: Mapped[str]
    programs: Mapped[list[str]]  # codes it may start
    owner: Mapped[str]  # who is asked about its events, when an event names nobody
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Tag(OrgRow):
    """`subject`: patient (key = our id), payer or account (key = the code triggers name)."""

    __tablename__ = "tags"
    __table_args__ = (org(), UniqueConstraint("org_id", "subject", "key", "tag"))

    subject: Mapped[str]
    key: Mapped[str]
    tag: Mapped[str]
    by: Mapped[str]
    since: Mapped[datetime]


class PatientAlias(OrgRow):
    """A source's own id of a patient (keyed hash), remembered when the source once named the chart's id with it."""

    __tablename__ = "patient_aliases"
    __table_args__ = (org(), to("patient_id", "patients"), UniqueConstraint("org_id", "source", "alias_hash"))

    source: Mapped[str]
    alias_hash: Mapped[bytes]
    patient_id: Mapped[UUID]
