"""`/outreach pilot`: how far each program's pilot is; `/outreach pilot approve no_show` lets one grow, `again` begins anew (managers)."""

from sqlalchemy.orm import Session

from handlers.commands.outreach import MANAGE, Verb
from storage.tables import Pilot
from workflows import pilot
from workflows.pilot_terms import Standing
from workflows.roles import Verb as Right
from workflows.roles import demand
from workflows.staff import Who

USAGE = "`/outreach pilot`: how far each pilot is; `pilot approve no_show` lets it grow, `pilot again no_show` begins anew (managers)."


def answer(session: Session, rest: str, who: Who) -> str:
    """A line a pilot, or the approval."""
    verb, _, program = rest.partition(" ")
    if verb == "approve" and program:
        pilot.approve(session, program.strip(), by=who)
        return f"{program.strip()} is approved: it goes on without the gate, and its next source or site may begin a pilot."
    if verb == "again" and program:
        pilot.again(session, program.strip(), by=who)
        return f"The pilot of {program.strip()} begins again with run 1; earlier verdicts no longer count."
    if rest:
        return USAGE
    demand(who.role, Right.READ_CASE)
    lines = [_line(*entry) for entry in pilot.listed(session)]
    return "\n".join(lines or ["No program is being piloted."])


def _line(row: Pilot, program: str, now: Standing) -> str:
    where = " · ".join(part for part in (row.source, row.segment, f"site {row.site}" if row.site else "") if part)
    if row.phase == "steady":
        return f"*{program}* ({where}): steady, approved {row.approved_at:%b %-d}"
    left = now.to_do()
    then = f"needs {'; '.join(left)}" if left else "a manager may approve"
    return (
        f"*{program}* ({where}): {row.phase}, {now.runs} of {now.terms.runs} runs, "
        f"{now.passed} of {now.reviewed} verdicts passed; {then}"
    )


VERB = Verb("pilot", USAGE, answer, MANAGE)
