"""`/outreach off`: I'm off until…, with who gets my cases; `off back` when one is here again earlier."""

from sqlalchemy.orm import Session

from handlers.actions_off import form_for
from handlers.commands import Said
from handlers.commands.outreach import DAY, Verb
from handlers.edge import Show
from workflows import absences
from workflows.roles import Verb as Right
from workflows.roles import demand
from workflows.staff import Who

USAGE = "`/outreach off`: you are off until …, and who takes your cases; `off back` when you are here again."


def answer(session: Session, rest: str, who: Who) -> Said:
    """A form; nothing is handed over before it is sent."""
    demand(who.role, Right.WORK_CASE)
    if rest == "back":
        if not absences.back(session, by=who):
            return "You are not down as off. Nothing was changed."
        return "Welcome back: you can be given cases and called again. What went to others stays with them."
    return USAGE if rest else Show(form_for(session, who))


VERB = Verb("off", USAGE, answer, DAY, Right.WORK_CASE)
