"""`/outreach start`: a form to start a program for one patient. What is typed after it is not read: no names in commands."""

from sqlalchemy.orm import Session

from bot.modals import start as form
from core.errors import Refused
from handlers.commands import Said
from handlers.commands.outreach import PATIENT, Verb
from handlers.edge import OpenPage, Show
from workflows import page_access, staff_start, surroundings
from workflows.roles import Verb as Right
from workflows.roles import demand
from workflows.staff import Who


def answer(session: Session, _rest: str, who: Who) -> Said:
    """The form, for who may work on cases; at level none, where not even an id belongs in Slack, the page's."""
    demand(who.role, Right.WORK_CASE)
    programs = staff_start.programs(session)
    if not programs:
        raise Refused("No program is live here.")
    if surroundings.organisation_of(session).phi_level == "none":
        token = page_access.make_link(session, who=who, case_id=None)
        return OpenPage(f"/open/{token}/start", "Start outreach for a patient")
    return Show(form.build(programs=programs, reasons=staff_start.REASONS, mrn_allowed=True))


VERB = Verb(
    "start", "`/outreach start`: start a program for one patient, with a reason.", answer, PATIENT, Right.WORK_CASE
)
