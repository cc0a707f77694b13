"""`/outreach resume`: end a stop, with a reason (managers)."""

from sqlalchemy.orm import Session

from bot.modals import halt as form
from core.ids import show
from handlers.commands import Said
from handlers.commands.outreach import STOP, Verb, enrollment_of
from handlers.edge import Show
from workflows import halts, pausing
from workflows.roles import Verb as Right
from workflows.roles import demand
from workflows.staff import Who


def answer(session: Session, rest: str, who: Who) -> Said:
    """Offer what is stopped now; what is named after the verb ("program no_show") is offered alone. Single patients go on at once."""
    one = enrollment_of(session, rest)
    if one is not None:
        pausing.resume(session, one, by=who)
        return "It goes on where it stood."
    if rest == "mine":
        return _mine(session, who)
    demand(who.role, Right.RESUME)
    wanted = halts.target(session, rest).words if rest else None
    found = [(show("hlt", halt.id), halts.words_of(session, halt)) for halt in halts.in_force(session)]
    return Show(form.lift([choice for choice in found if wanted in (None, choice[1])]))


def _mine(session: Session, who: Who) -> str:
    still = pausing.mine(session, who, paused=True)
    for enrollment_id in still:
        pausing.resume(session, enrollment_id, by=who)
    return (
        f"They go on: {len(still)}." if still else "Nothing you paused stands behind your cases. Nothing was changed."
    )


VERB = Verb(
    "resume",
    "`/outreach resume`: let stopped texts leave again, with a reason (managers); `resume 1042`, `resume mine`: what a person paused.",
    answer,
    STOP,
    Right.STOP,
)
