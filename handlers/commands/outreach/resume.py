"""`/outreach resume`: end a stop, with a reason (managers)."""

from sqlalchemy.orm import Session

from bot.modals import halt as form
from core.ids import show
from handlers.commands import Said
from handlers.commands.outreach import Verb
from handlers.edge import Show
from workflows import halts
from workflows.roles import Verb as Right
from workflows.roles import demand
from workflows.staff import Who


def answer(session: Session, rest: str, who: Who) -> Said:
    """Offer what is stopped now; what is named after the verb ("program no_show") is offered alone."""
    demand(who.role, Right.RESUME)
    wanted = halts.target(session, rest).words if rest else None
    found = [(show("hlt", halt.id), halts.words_of(session, halt)) for halt in halts.in_force(session)]
    return Show(form.lift([choice for choice in found if wanted in (None, choice[1])]))


VERB = Verb("resume", "`/outreach resume`: let stopped texts leave again, with a reason (managers).", answer)
