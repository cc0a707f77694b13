"""`/outreach tomorrow`: what is going out the next day, hour by hour, and what is expected to be kept back."""

from datetime import timedelta

from sqlalchemy.orm import Session

from handlers import plan_view
from handlers.commands import Said
from handlers.commands.outreach import DAY, Verb
from handlers.edge import Show
from workflows import local_days
from workflows.roles import Verb as Right
from workflows.roles import demand
from workflows.staff import Who


def answer(session: Session, rest: str, who: Who) -> Said:
    """The plan of tomorrow, or of today when asked ("tomorrow today"); asking freezes it."""
    demand(who.role, Right.READ_CASE)
    day = local_days.today(session) + timedelta(days=0 if rest == "today" else 1)
    found = plan_view.show(session, day, by=who.actor)
    return found if isinstance(found, str) else Show(found)


VERB = Verb(
    "tomorrow",
    "`/outreach tomorrow`: the next day's texts by hour, program and site; any row can be skipped.",
    answer,
    DAY,
)
