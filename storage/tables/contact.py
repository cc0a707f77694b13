"""How a patient wants to be reached, and who may be written to in their place."""

from datetime import datetime, time
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from storage.tables.columns import OrgRow, org, to


class ContactPreference(OrgRow):
    """One wish of a patient: hours for calls or for texts (the patient's local time), or a channel. One of a kind is live."""

    __tablename__ = "contact_preferences"
    __table_args__ = (
        org(),
        to("patient_id", "patients"),
        Index(
            "uq_contact_preferences_live",
            "org_id",
            "patient_id",
            "kind",
            unique=True,
            postgresql_where=text("until IS NULL"),
        ),
    )

    patient_id: Mapped[UUID]
    kind: Mapped[str]  # call_hours, text_hours, channel
    opens: Mapped[time | None]
    closes: Mapped[time | None]
    channel: Mapped[str | None]  # text, call, email, mail
    source: Mapped[str]  # patient, staff, ehr, import
    since: Mapped[datetime]
    until: Mapped[datetime | None]


class Proxy(OrgRow):
    """A named person who may be written to about a patient, for what, at which number, and for how long."""

    __tablename__ = "proxies"
    __table_args__ = (
        org(),
        to("patient_id", "patients"),
        to("number_id", "phone_numbers"),
        Index("ix_proxies_number", "org_id", "number_id"),
        Index(
            "uq_proxies_live", "org_id", "patient_id", "number_id", unique=True, postgresql_where=text("until IS NULL")
        ),
    )

    patient_id: Mapped[UUID]
    number_id: Mapped[UUID]
    person: Mapped[bytes]  # sealed: the proxy's name
    relation: Mapped[str]  # guardian, spouse, child, caregiver, other
    scope: Mapped[str]  # all, visits
    source: Mapped[str]
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    ended_for: Mapped[str | None]  # came_of_age, withdrawn
