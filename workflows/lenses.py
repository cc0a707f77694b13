"""What a person narrowed their worklist to: kind, program, state. Kept per person, the same on Home and on the signed-in page."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import Refused
from storage.db import org_of
from storage.tables import Lens, ProgramRow, Staff
from workflows.roles import Verb, demand
from workflows.staff import Who

STATES = {
    "needs_person": "Needs a person",
    "active": "Active",
    "replied": "Replied",
    "waiting": "Waiting",
    "done": "Done this week",
}
"""Where a row stands, whether a person works on it or automation does."""
NAMES = ("kind", "program", "state")


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Codes; "" for all."""

    kind: str = ""
    program: str = ""
    state: str = ""

    @property
    def by_any(self) -> bool:
        """Something is left out."""
        return bool(self.kind or self.program or self.state)


@dataclass(frozen=True, slots=True)
class Choices:
    """What somebody narrowed to, and {code: title} of the programs there are."""

    now: Narrowed
    programs: dict[str, str]


EVERYTHING = Narrowed()
NONE = Choices(EVERYTHING, {})


def of(session: Session, who: Who) -> Choices:
    """One query for both."""
    found = (
        select(Lens.kind, Lens.program, Lens.state, ProgramRow.code, ProgramRow.title)
        .select_from(Staff)
        .outerjoin(Lens, (Lens.org_id == Staff.org_id) & (Lens.staff_id == Staff.id))
        .outerjoin(ProgramRow, ProgramRow.org_id == Staff.org_id)
        .where(Staff.org_id == org_of(session), Staff.id == who.id)
        .order_by(ProgramRow.title, ProgramRow.code)
    )
    rows: Sequence[tuple[str | None, ...]] = [tuple(row) for row in session.execute(found)]
    kept = Narrowed(*(code or "" for code in rows[0][:3])) if rows else EVERYTHING
    programs = {str(code): str(title) for *_, code, title in rows if code}
    return Choices(replace(kept, program="") if kept.program not in programs else kept, programs)


def narrow(session: Session, who: Who, **by: str) -> None:
    """Keep what is named of kind, program and state, "" for all of it; what is not named stays as it was."""
    demand(who.role, Verb.READ_CASE)
    if (
        not by.keys() <= set(NAMES)
        or by.get("state", "") not in ("", *STATES)
        or any(len(code) > 64 for code in by.values())
    ):
        raise Refused("There is no such filter. Everything is shown as before.")
    values = {name: code.replace("\0", "") or None for name, code in by.items()}
    row = insert(Lens).values(org_id=org_of(session), staff_id=who.id, **values)
    session.execute(row.on_conflict_do_update(index_elements=["org_id", "staff_id"], set_=values))


def widen(session: Session, who: Who) -> None:
    """Show all again."""
    narrow(session, who, kind="", program="", state="")
