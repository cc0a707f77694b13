"""By what the counts that are read were made, and when."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from storage.db import org_of
from storage.tables import KpiState
from workflows.kpis.once import once


def state(session: Session) -> Any:
    """The organisation's row as it stands; None: nothing was ever counted."""
    columns = KpiState.__table__.c
    return session.execute(KpiState.__table__.select().where(columns.org_id == org_of(session))).one_or_none()


def as_of(session: Session) -> datetime | None:
    """When the figures were last brought up to date; None: never."""

    def read() -> datetime | None:
        found = state(session)
        return found.as_of if found else None

    return once(session, "as_of", read)
