"""`/worklist [team]`: what is most urgent, seen by who typed it alone."""

from sqlalchemy.orm import Session

from handlers.actions_worklist import draw
from handlers.commands import Command, Said
from workflows import urgent
from workflows.staff import Who

HELP = (
    "`/worklist`: the ten most urgent cases of your teams, with Claim. "
    "`/worklist clinical`: of one team, which can be shared in its channel."
)


def answer(session: Session, text: str, who: Who) -> Said:
    """All of the person's teams, or the one that is named."""
    if text.casefold() == "help":
        return HELP
    team = urgent.team_named(session, text, who) if text else None
    return draw(session, urgent.now_of(session, who, team=team), who)


COMMAND = Command("/worklist", answer, "The most urgent cases of your teams, seen by you alone", "[team]")
