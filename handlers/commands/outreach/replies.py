"""`/outreach replies`: the saved replies, and the way to hand in and approve them."""

from sqlalchemy.orm import Session

from handlers import actions_saved
from handlers.commands import Said
from handlers.commands.outreach import MANAGE, Verb
from handlers.edge import Show
from workflows.staff import Who

USAGE = "`/outreach replies`: saved replies in English and Spanish; hand one in, approve, withdraw."


def answer(session: Session, rest: str, who: Who) -> Said:
    """The list, in a window."""
    return USAGE if rest else Show(actions_saved.shown(session, who))


VERB = Verb("replies", USAGE, answer, MANAGE)
