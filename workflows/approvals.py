"""Something that one person may not decide alone: a colleague asks with one click, a manager answers with one click."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Refused
from storage import case_log, outbox
from storage.db import org_of
from storage.outbox import Lane, Topic
from storage.tables import Case, CaseEvent, Team
from workflows import cases
from workflows.roles import Role
from workflows.staff import Who

KIND = "approval"
ASKED = "approval_asked"
APPROVED, REFUSED = "approved", "refused"
FOR = {
    "own_words": "write to the patient in own words",
    "unreached": "stop trying to reach the patient",
    "overbook": "book outside the free times",
    "exception": "make an exception for this patient",
}
"""What can be asked for, in codes: no reason is typed, so nothing of the patient gets to Slack."""

PREFIX = "approval."


def words(reason: str) -> str:
    """A case's reason as its card says it."""
    code = reason.removeprefix(PREFIX)
    return f"May we {FOR[code]}?" if code in FOR else "A colleague asks for your approval"


def ask(session: Session, case_id: UUID, what: str, *, by: Who) -> Case:
    """Open the question about a case that `by` has; asked twice while it waits, it is asked once."""
    if what not in FOR:
        raise Refused("Pick what you want approved. Nothing was asked.")
    case = cases.owned(session, case_id, by=by)
    team = session.scalars(select(Team.code).where(Team.org_id == case.org_id, Team.id == case.team_id)).one()
    before = _asked_before(session, case, what)
    opened = cases.open_one(
        session,
        cases.Opening(
            kind=KIND, team=team, reason=f"{PREFIX}{what}", due="2 business hours", priority="high",
            dedupe_key=f"{KIND}:{case.id}:{what}:{before}", asked=f"case {case.number}",
        ),
    )  # fmt: skip
    case_log.write(session, case.id, ASKED, actor=by.actor, promises=(), staff_id=by.id, detail=str(opened.id))
    return opened


def answer(session: Session, approval_id: UUID, *, yes: bool, by: Who) -> Case:
    """A manager's or clinician's word, never the one's who asked; who asked is told. The loser of a race hears who answered."""
    case = cases.workable(session, approval_id, by=by)
    if case.kind != KIND:
        raise Refused("That is not a question for approval. Nothing was changed.")
    about, asked_by = _question(session, case)
    if by.role not in (Role.MANAGER, Role.CLINICIAN, Role.ADMIN):
        raise Refused("A manager or a clinician approves this. Nothing was changed.")
    if by.id == asked_by:
        raise Refused("You asked for this yourself: somebody else has to approve it.")
    said = APPROVED if yes else REFUSED
    done = cases.close(session, case, disposition=said, actor=by.actor, staff_id=by.id, owner_id=by.id)
    case_log.write(session, about, f"approval_{said}", actor=by.actor, promises=(), staff_id=by.id)
    outbox.put(
        session, Topic.WHISPER, f"approval:{case.id}", lane=Lane.ACTIONS,
        case=str(about), to=str(asked_by), say=f"approval_{said}",
    )  # fmt: skip
    return done


def _question(session: Session, approval: Case) -> tuple[UUID, UUID]:
    """Which case it is about, and who asked."""
    found = select(CaseEvent.case_id, CaseEvent.staff_id).where(
        CaseEvent.org_id == org_of(session), CaseEvent.what == ASKED, CaseEvent.detail == str(approval.id)
    )
    row = session.execute(found.order_by(CaseEvent.id.desc()).limit(1)).first()
    if row is None or row.staff_id is None:
        raise Refused("Nobody knows any more who asked. Close the case. Nothing was approved.")
    return row.case_id, row.staff_id


def _asked_before(session: Session, case: Case, what: str) -> int:
    """How often this was asked and answered for the case."""
    answered = select(Case.id).where(
        Case.org_id == case.org_id,
        Case.dedupe_key.startswith(f"{KIND}:{case.id}:{what}:"),
        Case.state == "closed",
    )
    return len(session.scalars(answered).all())
