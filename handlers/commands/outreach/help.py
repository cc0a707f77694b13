"""`/outreach help`: what can be asked, by what people want to do."""

from sqlalchemy.orm import Session

from handlers.commands.outreach import Verb, help_for
from workflows.roles import Verb as Right
from workflows.staff import Who


def answer(_session: Session, _rest: str, who: Who) -> str:
    """For this person's role."""
    return help_for(who.role)


VERB = Verb("help", "`/outreach help`: this list.", answer, needs=Right.READ_CASE)
