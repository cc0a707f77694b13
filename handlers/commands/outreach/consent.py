"""`/outreach consent`: who can be texted and why not; for a case, record a consent, stop texts, or lift a wrong number."""

from sqlalchemy.orm import Session

from bot.modals import consent as form
from core.ids import show
from handlers.commands import Said, case_number
from handlers.commands.outreach import PATIENT, Verb
from handlers.edge import Show
from workflows import cases, consent, coverage, sensitive, staff
from workflows.roles import Verb as Right
from workflows.roles import demand
from workflows.staff import Who

USAGE = (
    "`/outreach consent`: who can be texted, and why not. `consent 1042`: record a consent; `consent 1042 stop`, `stop marketing`, "
    "`verified` (the number is the patient's), `disclosure` (a protected matter may stand in the EHR)."
)


def answer(session: Session, rest: str, who: Who) -> Said:
    """Counts for everybody who may read cases; the rest for who may work on this one."""
    demand(who.role, Right.READ_CASE)
    said, _, act = rest.partition(" ")
    if not said:
        return "\n".join(coverage.of(session).lines)
    number = case_number(said)
    if number is None:
        return USAGE
    case = cases.by_number(session, number)
    staff.demand_work(session, who, case)
    if act == "disclosure":
        sensitive.allow_writing(session, case, by=who.actor)
        return f"Case {number}: the patient agrees that it stands in the EHR. It is being written."
    number_id = consent.number_of(session, case)
    if not act:
        return Show(form.build(show("cas", case.id), case.number))
    if act == "verified":
        consent.verify(session, number_id, by=who.actor)
        return f"Case {number}: the number is the patient's. It can be texted again if a consent is on file."
    if act in ("stop", "stop all", "stop marketing"):
        scope = "marketing" if act.endswith("marketing") else "all"
        consent.withdraw(session, number_id, scope=scope, by=who.actor)
        return f"Case {number}: no more {'marketing ' if scope == 'marketing' else ''}texts to this number."
    return USAGE


VERB = Verb("consent", USAGE, answer, PATIENT)
