"""`/outreach provider-out`: a provider is out for a day, their visits are moved."""

from datetime import timedelta

from sqlalchemy.orm import Session

from bot.modals import disruption as form
from handlers.commands import Said
from handlers.commands.outreach import DAY, Verb
from handlers.edge import Show
from workflows import disruptions, local_days
from workflows.roles import Verb as Right
from workflows.roles import demand
from workflows.staff import Who

DAYS = 14


def answer(session: Session, _rest: str, who: Who) -> Said:
    """Ask which one, which day and why."""
    demand(who.role, Right.STOP)
    today = local_days.today(session)
    days = [today + timedelta(days=n) for n in range(DAYS)]
    return Show(form.ask("provider", disruptions.providers(session), days))


VERB = Verb(
    "provider-out",
    "`/outreach provider-out`: a provider is out for a day, their visits are moved.",
    answer,
    DAY,
    Right.STOP,
)
