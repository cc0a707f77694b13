"""`/outreach stop-all [site NAME | program CODE | channel text]`: the kill switch, for any agent."""

from sqlalchemy.orm import Session

from bot.modals import halt as form
from handlers.commands import Said
from handlers.commands.outreach import STOP, Verb
from handlers.edge import Show
from workflows import halts
from workflows.roles import Verb as Right
from workflows.roles import demand
from workflows.staff import Who


def answer(session: Session, rest: str, who: Who) -> Said:
    """Say what would stop and what stays on, and ask; what is stopped already is said."""
    demand(who.role, Right.STOP)
    what = halts.target(session, rest)
    if halts.covered(session, what):
        return f"{what.words} are stopped already. A manager can resume: `/outreach resume`."
    waiting = halts.waiting(session, what)
    return Show(form.stop(what.words, f"{what.scope}:{what.key}", waiting=waiting, stays_on=halts.STAYS_ON))


VERB = Verb(
    "stop-all",
    "`/outreach stop-all`, `stop-all site NAME`, `stop-all program CODE`, `stop-all channel text`: stop texts at once.",
    answer,
    STOP,
    Right.STOP,
)
