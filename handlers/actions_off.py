"""The form "I'm off until…", from a command or a button, and what it does."""

from sqlalchemy.orm import Session

from bot.blocks import View
from bot.modals import notice
from bot.modals import off as form
from core import ids
from handlers.edge import Act, After, Click, Replace, Show
from workflows import absences, surroundings
from workflows.absences import Wished
from workflows.roles import TABLE, Verb, demand
from workflows.staff import Who


def form_for(session: Session, who: Who) -> View:
    """Filled in with the next morning of work."""
    colleagues = [(ids.show("stf", id_), name) for id_, name in absences.colleagues(session, who)]
    day, time = absences.next_morning(session)
    return form.build(colleagues, day=day, time=time, zone=surroundings.organisation_of(session).zone)


def off(session: Session, _click: Click, who: Who) -> After:
    """A button's way to the form; a Home has no place for a whisper, so who has no cases reads it in the window."""
    if Verb.WORK_CASE not in TABLE[who.role]:
        return Show(notice.message("I'm off", ["Your role has no cases to hand over. Nothing was changed."]))
    return Show(form_for(session, who))


def leave(session: Session, click: Click, who: Who) -> After:
    """The form's Hand over: what is true now, in the same window."""
    demand(who.role, Verb.WORK_CASE)
    said = form.parse_submission(click.view)
    backup = ids.parse("stf", said.backup) if said.backup else None
    wished = Wished(said.day, said.time, said.from_day, said.from_time, backup)
    row = absences.leave(session, absences.asked(session, wished), by=who)
    return Replace(notice.message("I'm off", absences.said(session, row)))


ACTIONS: dict[str, Act] = {"staff.off": off}
FORMS: dict[str, Act] = {form.CALLBACK: leave}
