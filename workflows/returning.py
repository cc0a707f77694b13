"""Access comes back: an admin decides, nobody else and nothing by itself."""

from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import show
from storage import audit
from storage.db import org_of
from storage.tables import Staff, StaffIdentity
from workflows import departures, staff, user_groups
from workflows.roles import Verb, demand
from workflows.staff import Who


def give_back(session: Session, staff_id: UUID, *, by: Who) -> str:
    """An admin gives somebody their role and teams back; what to say. Cases stay with whom they went to."""
    demand(by.role, Verb.SETTINGS)
    return restore(session, staff_id, actor=by.actor)


def restore(session: Session, staff_id: UUID, *, actor: str) -> str:
    """The same without asking for a right: for the operator, who has the machine."""
    person = _person(session, staff_id)
    mine = (StaffIdentity.org_id == org_of(session)) & (StaffIdentity.staff_id == staff_id)
    lost = list(session.scalars(select(StaffIdentity.lost).where(mine)))
    if lost and None not in lost:
        why = staff.LOST.get(str(lost[0]), "gives no access")
        raise Refused(f"{person.name}'s Slack account {why}. Nothing was changed. Mend that in Slack first.")
    if person.role_by == user_groups.BY_GROUP and not user_groups.groups_of(session, staff_id):
        raise Refused(f"{person.name} is in no user group that gives a role. Nothing was changed. Add them to one.")
    given = session.scalar(
        update(Staff)
        .where(Staff.org_id == org_of(session), Staff.id == staff_id, ~Staff.active)
        .values(active=True, left_at=None, left_why=None)
        .returning(Staff.id)
        .execution_options(synchronize_session=False)
    )
    if given is None:
        raise Refused(f"{person.name} has access already. Nothing was changed.")
    user_groups.settle(session, staff_id)
    role = _person(session, staff_id).role
    audit.record(session, "staff.returned", actor=actor, subject=("staff", show("stf", staff_id)), role=role)
    departures.may_return(session, staff_id)
    return f"{person.name} has access again as {role}. Cases that were handed over stay where they are."


def of_email(session: Session, email: str) -> UUID:
    """Whom this e-mail names, with access or without; Refused for nobody."""
    named = (Staff.org_id == org_of(session)) & (func.lower(Staff.email) == email.strip().lower())
    found: UUID | None = session.scalar(select(Staff.id).where(named))
    if found is None:
        raise Refused("Nobody on the staff list has that e-mail. Nothing was changed.")
    return found


def listed(session: Session) -> list[tuple[Staff, bool]]:
    """Everybody on the staff list, those without access first, and whether a Slack account of theirs is in good standing."""
    account = select(StaffIdentity.id).where(
        StaffIdentity.org_id == Staff.org_id, StaffIdentity.staff_id == Staff.id, StaffIdentity.lost.is_(None)
    )
    found = select(Staff, account.exists()).where(Staff.org_id == org_of(session)).order_by(Staff.active, Staff.name)
    return [(person, there) for person, there in session.execute(found).all()]


def _person(session: Session, staff_id: UUID) -> Staff:
    found = select(Staff).where(Staff.org_id == org_of(session), Staff.id == staff_id)
    return session.scalars(found.execution_options(populate_existing=True)).one()
