"""`/outreach start`: a form to start a program for one patient. What is typed after it is not read: no names in commands."""

from sqlalchemy.orm import Session

from bot.modals import start as form
from core.errors import Refused
from handlers.commands import Said
from handlers.commands.outreach import PATIENT, Verb
from handlers.edge import Show
from workflows import staff_start, surroundings
from workflows.roles import Verb as Right
from workflows.roles import demand
from workflows.staff import Who


def answer(session: Session, _rest: str, who: Who) -> Said:
    """The form, for who may work on cases."""
    demand(who.role, Right.WORK_CASE)
    programs = staff_start.programs(session)
    if not programs:
        raise Refused("No program is live here.")
    level = surroundings.organisation_of(session).phi_level
    return Show(form.build(programs=programs, reasons=staff_start.REASONS, mrn_allowed=level != "none"))


VERB = Verb(
    "start", "`/outreach start`: start a program for one patient, with a reason.", answer, PATIENT, Right.WORK_CASE
)
