"""`/outreach pause`: one patient's program, what stands behind one's own cases, a program, or everything."""

from sqlalchemy.orm import Session

from handlers.commands import Said
from handlers.commands.outreach import STOP, Verb, enrollment_of, stop_all
from workflows import pausing
from workflows.roles import Verb as Right
from workflows.roles import demand
from workflows.staff import Who

USAGE = (
    "`/outreach pause 1042` (a case, or an enr_… id): one patient's program; `pause mine`: what stands behind the cases you have; "
    "`pause program CODE`, `pause all`: stops texts."
)
MOST = 100


def answer(session: Session, rest: str, who: Who) -> Said:
    """At once for single patients; what stops more asks first, as `stop-all` does."""
    demand(who.role, Right.STOP)
    one = enrollment_of(session, rest)
    if one is not None:
        pausing.pause(session, one, by=who)
        return f"Paused. What the patient writes is still read. `/outreach resume {rest}` lets it go on."
    if rest == "mine":
        return _mine(session, who)
    if rest == "all" or rest.partition(" ")[0] in ("program", "site", "channel"):
        return stop_all.answer(session, "" if rest == "all" else rest, who)
    return USAGE


def _mine(session: Session, who: Who) -> str:
    going = pausing.mine(session, who)[:MOST]
    for enrollment_id in going:
        pausing.pause(session, enrollment_id, by=who)
    if not going:
        return "No program is under way behind the cases you have. Nothing was changed."
    return f"Paused behind your cases: {len(going)}. `/outreach resume mine` lets them go on."


VERB = Verb("pause", USAGE, answer, STOP, Right.STOP)
