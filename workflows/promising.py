"""Our word to a patient, given when a case is closed: work of its own, with an owner and a due time, so that nobody has to remember it."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import Refused
from storage import case_log
from storage.db import now, org_of
from storage.tables import Case, PromiseRow, Team
from workflows import cases, team_hours
from workflows.staff import Who

KINDS = {"call": "We call again", "send": "We send them something", "book": "We find them a time"}
NAMES = {"call": "a call", "send": "something sent", "book": "a new time"}
"""The same as the patient waits for it."""

BY = {
    "4 business hours": "Today, within 4 hours of work",
    "1 business day": "Within 1 business day",
    "2 business days": "Within 2 business days",
    "5 business days": "Within a week of work",
}
REASON = "promised"
AHEAD = timedelta(hours=2)
"""So long before it is due the promise comes back to its owner; what is due sooner stays on the table."""


def make(session: Session, about: Case, kind: str, by_when: str, *, by: Who) -> Case:
    """Keep our word as a case that `by` has, put aside until shortly before it is due. The same word twice is one promise."""
    if kind not in KINDS or by_when not in BY:
        raise Refused("Pick what we promised, and by when. The case is still open.")
    team = session.scalars(select(Team).where(Team.org_id == org_of(session), Team.id == about.team_id)).one()
    due = team_hours.due(session, team.code, by_when)
    opening = cases.Opening(
        kind="call_back", team=team.code, reason=f"{REASON}.{kind}", due=due, asked=f"case {about.number}",
        dedupe_key=f"promise:{about.id}:{about.version}:{kind}", patient_id=about.patient_id, number_id=about.number_id,
        enrollment_id=None, message_id=about.message_id, routed=False,
    )  # fmt: skip
    made = cases.open_one(session, opening)
    if made.owner_id is None:
        _give(session, made, due, by=by)
    row = insert(PromiseRow).values(
        org_id=made.org_id,
        case_id=made.id,
        team_id=team.id,
        message_id=None,
        kind=kind,
        due_at=due,
        made_at=now(session),
    )
    session.execute(row.on_conflict_do_nothing(index_elements=["org_id", "case_id", "kind"]))
    case_log.write(session, about.id, "promised", actor=by.actor, promises=(), staff_id=by.id, detail=kind)
    return made


def kept(session: Session, case: Case) -> None:
    """The case of a promise was closed by a person: the promise is kept."""
    mine = (PromiseRow.org_id == case.org_id) & (PromiseRow.case_id == case.id) & PromiseRow.kept_at.is_(None)
    session.execute(update(PromiseRow).where(mine).values(kept_at=now(session)))


def _give(session: Session, case: Case, due: datetime, *, by: Who) -> None:
    back = due - AHEAD
    rests = {"state": "snoozed", "snoozed_until": back} if back > now(session) else {"state": "claimed"}
    cases.change(
        session, case, "claimed", only_if=[Case.owner_id.is_(None)], actor=by.actor, staff_id=by.id, owner_id=by.id,
        claimed_at=now(session), **rests,
    )  # fmt: skip
