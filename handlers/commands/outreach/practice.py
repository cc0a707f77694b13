"""`/outreach practice`: a case to learn on, in your team's channel."""

from sqlalchemy.orm import Session

from handlers.commands.outreach import Verb
from workflows import practice
from workflows.roles import Verb as Right
from workflows.staff import Who

USAGE = "`/outreach practice`: a case to learn on in your team's channel: no patient, no text, no record."


def answer(session: Session, _rest: str, who: Who) -> str:
    """Opens it, or points to the one that is open."""
    case = practice.open_for(session, who)
    return f"Case {case.number} is yours to practise on: it stands in your team's channel. Claim it, look around, close it."


VERB = Verb("practice", USAGE, answer, needs=Right.PRACTISE)
