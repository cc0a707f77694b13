"""Take back one's own last step on a case, for a minute: the case is as it was before, unless somebody did something since.

What has left for good is not pretended back: steps with such a part are not offered, or say what stays (docs/cases.md).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.errors import Refused
from storage import ledger
from storage.db import now, org_of
from storage.tables import Case, Undo
from workflows import cases, staff
from workflows.roles import Verb, demand
from workflows.staff import Who

FOR = timedelta(seconds=60)
IDS = ("owner_id", "team_id")
TIMES = ("claimed_at", "snoozed_until", "due_at", "closed_at")
CODES = ("state", "priority", "disposition")
STAYS = {"escalated": "Who was told about it stays told."}
GONE = "There is nothing to take back here any more. Nothing was changed."


@dataclass(frozen=True, slots=True)
class Before:
    """A case right before a step: its columns and its version."""

    version: int
    columns: dict[str, Any]


def look(case: Case) -> Before:
    """Remember a case as it is now; call it before the step."""
    return Before(case.version, {name: getattr(case, name) for name in (*IDS, *TIMES, *CODES)})


def remember(
    session: Session, what: str, before: Before, after: Case, *, by: Who, pending: bool = False
) -> UUID | None:
    """The step can be taken back for a minute; None, and it cannot, when somebody else's step came between."""
    if after.version != before.version + 1:
        return None
    made = Undo(
        org_id=org_of(session),
        case_id=after.id,
        staff_id=by.id,
        what=what,
        before=_packed(before.columns),
        version=after.version,
        made_at=now(session),
        until=now(session) + FOR,
        pending=pending,
    )
    session.add(made)
    session.flush()
    return made.id


def undo(session: Session, undo_id: UUID, *, by: Who) -> tuple[Case, str]:
    """Restore the case as it was; the case, and what stays all the same ("" for nothing). Refused says why not."""
    row = session.scalar(select(Undo).where(Undo.org_id == org_of(session), Undo.id == undo_id))
    if row is None:
        raise Refused(GONE)
    case = cases.get(session, row.case_id)
    if row.before["team_id"] == str(case.team_id):
        staff.demand_work(session, by, case)
    demand(by.role, Verb.ASSIGN)
    if row.staff_id != by.id:
        raise Refused(f"{staff.name(session, row.staff_id)} did that; only they can take it back. Nothing was changed.")
    if not _use(session, row):
        raise Refused(_too_late(session, row, case))
    restored = cases.change(
        session, case, "undone", only_if=[Case.version == row.version], actor=by.actor, staff_id=by.id,
        **_unpacked(row.before),
    )  # fmt: skip
    if restored is None:
        raise Refused(f"Case {case.number} has changed since. Nothing was taken back.")
    _enter(session, restored)
    return restored, STAYS.get(row.what, "")


def unclaim(session: Session, case_id: UUID, *, by: Who) -> Case:
    """Take back a claim of the last minute: nobody's again, and the ladder of a loud case goes on."""
    case = cases.workable(session, case_id, by=by)
    mine = [Case.owner_id == by.id, Case.state == "claimed", Case.claimed_at >= now(session) - FOR]
    freed = cases.change(
        session, case, "undone", only_if=mine, actor=by.actor, staff_id=by.id,
        owner_id=None, state="open", claimed_at=None,
    )  # fmt: skip
    if freed is None:
        late = case.owner_id == by.id and case.state == "claimed"
        raise Refused(
            f"You have had case {case.number} for more than a minute. Nothing was changed. Release gives it back."
            if late
            else GONE
        )
    _enter(session, freed)
    return freed


def _use(session: Session, row: Undo) -> bool:
    """Once, in time, and a closing only while what follows it still waits."""
    unused = update(Undo).where(Undo.org_id == row.org_id, Undo.id == row.id, Undo.used_at.is_(None))
    open_still = unused.where(Undo.until >= now(session), Undo.pending | (Undo.what != "closed"))
    used = open_still.values(used_at=now(session), pending=False).returning(Undo.id)
    return session.scalar(used.execution_options(synchronize_session=False)) is not None


def _too_late(session: Session, row: Undo, case: Case) -> str:
    session.refresh(row)
    if row.used_at is not None:
        return f"That was taken back already. Case {case.number} is as it was."
    if row.what == "closed":
        return (
            f"Case {case.number} was closed more than a minute ago, and its program has moved on. Nothing was changed."
        )
    return f"More than a minute has passed. Case {case.number} stays as it is."


def _enter(session: Session, case: Case) -> None:
    line = ledger.Line("undone", "case.undone", case.enrollment_id, None, case.id, case.number_id)
    ledger.write(session, [line])


def _packed(columns: dict[str, Any]) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        return value.isoformat() if isinstance(value, datetime) else str(value) if isinstance(value, UUID) else value

    return {name: plain(value) for name, value in columns.items()}


def _unpacked(columns: dict[str, Any]) -> dict[str, Any]:
    def rich(name: str, value: Any) -> Any:
        if value is None or name in CODES:
            return value
        return UUID(value) if name in IDS else datetime.fromisoformat(value)

    return {name: rich(name, value) for name, value in columns.items()}
