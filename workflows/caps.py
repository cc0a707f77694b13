"""Caps that a manager raised for one program, for a while and for a reason: recorded, never silent (T6)."""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.errors import Refused
from storage import audit
from storage.db import now, org_of
from storage.tables import CapRaise, ProgramRow
from workflows.roles import Verb, demand
from workflows.staff import Who

Cap = Literal["day", "week"]
HIGHEST: dict[Cap, int] = {"day": 3, "week": 7}
LONGEST = timedelta(days=31)


def raise_cap(session: Session, program: str, *, cap: Cap, most: int, until: datetime, reason: str, by: Who) -> None:
    """Let a program (by its code) text one number up to `most` times a day or week until then; a manager, with a reason.

    Refused over 3 a day, 7 a week or 31 days: what is needed longer is a change of the rule, not an exception.
    """
    demand(by.role, Verb.LAUNCH)
    if not reason.strip():
        raise Refused("A raised cap needs a reason. Nothing was changed.")
    if not 1 <= most <= HIGHEST[cap]:
        raise Refused(f"At most {HIGHEST[cap]} texts a {cap} can be allowed. Nothing was changed.")
    if not now(session) < until <= now(session) + LONGEST:
        raise Refused(f"A raised cap ends within {LONGEST.days} days. Nothing was changed.")
    program_id = session.scalar(
        select(ProgramRow.id).where(ProgramRow.org_id == org_of(session), ProgramRow.code == program)
    )
    if program_id is None:
        raise Refused(f"There is no program {program} here. Nothing was changed.")
    session.add(
        CapRaise(
            org_id=org_of(session), program_id=program_id, cap=cap, most=most, reason=reason.strip(), staff_id=by.id,
            at=now(session), until=until,
        )
    )  # fmt: skip
    audit.record(
        session, "cap.raised", actor=by.actor, subject=("program", program), cap=cap, most=most, until=until.isoformat()
    )


def raised(session: Session) -> dict[UUID, dict[str, int]]:
    """What is raised now, {program id: {"day": 2, "week": 5}}; the highest of several counts. For the gate."""
    found = (
        select(CapRaise.program_id, CapRaise.cap, func.max(CapRaise.most))
        .where(CapRaise.org_id == org_of(session), CapRaise.until > now(session))
        .group_by(CapRaise.program_id, CapRaise.cap)
    )
    by_program: dict[UUID, dict[str, int]] = {}
    for program_id, cap, most in session.execute(found):
        by_program.setdefault(program_id, {})[cap] = most
    return by_program
