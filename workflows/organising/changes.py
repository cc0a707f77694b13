"""What every change of settings has in common: one at a time, never over somebody else's, and on the audit with before and after."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import String, cast, select
from sqlalchemy.orm import Session

from core.errors import Refused
from storage import audit
from storage.db import org_of
from storage.tables import AuditRow, Organisation, Staff
from workflows import surroundings

SYSTEM = "system"
AREA = "settings."


class Stale(Refused):
    """Somebody saved the same after the form was opened."""


@dataclass(frozen=True, slots=True)
class By:
    """Who changes it, as the audit names them, and what they saw when they began (`mark`); a file has seen nothing."""

    actor: str = SYSTEM
    seen: str | None = None


FILE = By()


def mark(value: Any) -> str:
    """A short name of a value: two forms that show the same have the same one."""
    return hashlib.sha256(_words(value).encode()).hexdigest()[:16]


def lock(session: Session) -> Organisation:
    """The organisation's own row as it is now, kept from every other change of settings until this transaction ends."""
    found: Organisation = session.scalars(
        select(Organisation)
        .where(Organisation.org_id == org_of(session))
        .with_for_update(key_share=True)  # rows that name the organisation are written meanwhile
        .execution_options(populate_existing=True)
    ).one()
    session.info["organisation"] = found
    return found


def current(session: Session) -> Organisation:
    """The organisation's own row, as it is shown."""
    return surroundings.organisation_of(session)


def demand_unseen(session: Session, by: By, *, area: str, about: str | None, before: Any) -> None:
    """Raise Stale, naming who saved what is there now (None: anything of this area), unless it is what `by` saw."""
    if by.seen is None or by.seen == mark(before):
        return
    raise Stale(f"{_last(session, area, about)} after you opened this. Nothing of yours was saved. Open it again.")


def record(session: Session, by: By, *, area: str, about: str, before: Any, after: Any) -> bool:
    """Put the change on the audit; False, and nothing written, where nothing was changed."""
    if before == after:
        return False
    audit.record(
        session, AREA + area, actor=by.actor, subject=(area, about), before=_words(before), after=_words(after)
    )
    return True


def put(organisation: Organisation, key: str, value: Any) -> None:
    """Set one key of the organisation's settings, the others as they are."""
    organisation.settings = organisation.settings | {key: value}


def _last(session: Session, area: str, about: str | None) -> str:
    """Who saved it last, and when, in the organisation's zone."""
    mine = [] if about is None else [AuditRow.subject_id == about]
    found = session.execute(
        select(AuditRow.at, Staff.name)
        .outerjoin(Staff, (Staff.org_id == AuditRow.org_id) & (AuditRow.actor == "staff:" + cast(Staff.id, String)))
        .where(AuditRow.org_id == org_of(session), AuditRow.subject_kind == area, *mine)
        .order_by(AuditRow.id.desc())
        .limit(1)
    ).first()
    if found is None:
        return "Somebody changed it"
    organisation = session.info["organisation"]
    local = found.at.astimezone(ZoneInfo(organisation.zone))
    return f"{found.name or 'An operator'} changed it at {local:%-I:%M} {local:%p}".replace("AM", "am").replace(
        "PM", "pm"
    )


def _words(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
