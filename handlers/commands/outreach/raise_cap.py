"""`/outreach raise-cap PROGRAM week 5 7 REASON`: a manager lets a program text a number more often for some days; recorded."""

import re
from datetime import timedelta
from typing import cast
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from handlers.commands.outreach import MANAGE, Verb
from storage.db import now
from workflows import caps, surroundings
from workflows.roles import Verb as Right
from workflows.staff import Who

USAGE = "`/outreach raise-cap PROGRAM week 5 7 why`: up to 5 texts a week for 7 days (or `day`), for one program (managers)."
_ASKED = re.compile(r"(?P<program>[a-z0-9_]+) (?P<cap>day|week) (?P<most>\d{1,2}) (?P<days>\d{1,3}) (?P<reason>\S.*)")


def answer(session: Session, rest: str, who: Who) -> str:
    """Raise it and say until when; anything else gets the usage."""
    asked = _ASKED.fullmatch(rest)
    if asked is None:
        return USAGE
    until = now(session) + timedelta(days=int(asked["days"]))
    cap, most = cast(caps.Cap, asked["cap"]), int(asked["most"])
    caps.raise_cap(session, asked["program"], cap=cap, most=most, until=until, reason=asked["reason"], by=who)
    zone = ZoneInfo(surroundings.organisation_of(session).zone)
    return f"{asked['program']} may text a number up to {most} times a {cap} until {until.astimezone(zone):%a %b %-d}. It is recorded."


VERB = Verb("raise-cap", USAGE, answer, MANAGE, Right.LAUNCH)
