"""`/outreach hours`: when the organisation's texts may leave. Tightening is an admin's or a manager's, loosening a manager's alone."""

import re

from sqlalchemy.orm import Session

from handlers.commands.outreach import MANAGE, Verb
from workflows import sending_rules
from workflows.staff import Who

USAGE = "`/outreach hours`, `hours 10:00-18:00`, `hours holidays on`, `hours closed 2026-12-24`: when texts may leave."


def answer(session: Session, rest: str, who: Who) -> str:
    """Show the hours, or change one of them."""
    if rest:
        changes = _read(session, rest)
        if changes is None:
            return USAGE
        sending_rules.change(session, by=who, **changes)
    hours = sending_rules.of(session).hours
    closed = ", ".join(str(day) for day in sorted(hours.closed_days)) or "none"
    holidays = "closed" if hours.holidays else "open"
    return f"Texts leave {hours.opens:%H:%M}–{hours.closes:%H:%M}, Monday to Saturday. Holidays: {holidays}. Closed days: {closed}."


def _read(session: Session, rest: str) -> dict[str, object] | None:
    span = re.fullmatch(r"(\d\d?:\d\d) ?[-–] ?(\d\d?:\d\d)", rest)
    if span:
        return {"opens": span[1].zfill(5), "closes": span[2].zfill(5)}
    if rest in ("holidays on", "holidays off"):
        return {"holidays": rest.endswith("on")}
    day = re.fullmatch(r"(closed|open) (\d{4}-\d\d-\d\d)", rest)
    if not day:
        return None
    closed = {str(one) for one in sending_rules.of(session).hours.closed_days}
    return {"closed_days": sorted(closed | {day[2]} if day[1] == "closed" else closed - {day[2]})}


VERB = Verb("hours", USAGE, answer, MANAGE)
