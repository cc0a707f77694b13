"""`/recall`: launch a program over a cohort (S132). Opens the form; what is typed after it picks the program."""

from sqlalchemy.orm import Session

from bot.modals import campaign as form
from core.errors import Refused
from handlers.commands import Command, Said
from handlers.edge import Show
from workflows import cohorts
from workflows.campaigns import drafts
from workflows.roles import Verb, demand
from workflows.staff import Who


def answer(session: Session, text: str, who: Who) -> Said:
    """The form, for managers; what is missing to fill it in is said instead."""
    demand(who.role, Verb.LAUNCH)
    known = [(cohort.code, cohort.title) for cohort in cohorts.every(session)]
    programs = [(row.code, row.title) for row, _ in drafts.all_launchable(session) if text in ("", row.code)]
    if not known:
        raise Refused("There is no cohort here yet. An operator adds one: `app.py cohort`.")
    if not programs:
        raise Refused(f"There is no published program {text} that a cohort can start.".replace("  ", " "))
    return Show(form.draft(cohorts=known, programs=programs))


COMMAND = Command("/recall", answer, "Launch a program for a cohort of patients", "[program]")
