"""`/outreach why 1042`: what was sent or held back for a case, and which rule decided it (N1)."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import parse
from handlers.commands import case_number
from handlers.commands.outreach import PATIENT, Verb
from workflows import cases, outlook, surroundings, why
from workflows.roles import Verb as Right
from workflows.roles import demand
from workflows.staff import Who

USAGE = "`/outreach why 1042` (a case, or an enr_… or cas_… id): what was sent or held back, why, and when the next text may leave."
SHOWN = 30
ROOM = 2_800


def answer(session: Session, rest: str, who: Who) -> str:
    """The ledger of the enrollment behind a case, newest lines last; ids and codes only."""
    demand(who.role, Right.READ_CASE)
    asked = rest.removeprefix("case ")
    number = case_number(asked)
    if number is None and not asked.startswith(("enr_", "cas_")):
        return USAGE
    if asked.startswith("cas_"):
        number = cases.get(session, parse("cas", asked)).number
    found = [parse("enr", asked)] if number is None else why.find(session, case_number=number)
    if not found:
        raise Refused(f"Case {number} has no program behind it, or does not exist.")
    zone = ZoneInfo(surroundings.organisation_of(session).zone)
    entries = [e for e in why.of_enrollment(session, found[0]) if e.kind in ("trigger", "decision", "case")]
    lines = [f"{entry.at.astimezone(zone):%a %b %-d %H:%M}  {entry.what}{_until(entry, zone)}" for entry in entries]
    coming = outlook.of_enrollment(session, found[0])
    title = f"*Why, {asked if number is None else f'case {number}'}*"
    last = [f"*{coming.words}*"] if coming else []
    shown = lines[-SHOWN:]
    while len(shown) > 1 and sum(len(line) + 1 for line in (title, *shown, *last)) > ROOM:
        shown = shown[1:]  # the newest are what is asked for
    return "\n".join([title, *shown, *last])


def _until(entry: why.Entry, zone: ZoneInfo) -> str:
    """The next moment at which a text that was held back is looked at again."""
    until = entry.detail.get("until")
    return f", until {datetime.fromisoformat(until).astimezone(zone):%a %b %-d %H:%M}" if until else ""


VERB = Verb("why", USAGE, answer, PATIENT)
