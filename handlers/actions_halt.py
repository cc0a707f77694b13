"""The kill switch's button and forms."""

from sqlalchemy.orm import Session

from bot.modals import halt as form
from core import ids
from core.errors import Refused
from handlers.edge import Act, After, Click, Show, Whisper
from workflows import halts
from workflows.roles import Verb, demand
from workflows.staff import Who


def stop(session: Session, click: Click, who: Who) -> After:
    """The form's Stop now."""
    sent = form.stop_submission(click.view)
    what = halts.stop(session, halts.named(session, sent.subject), reason=sent.reason, by=who)
    return Whisper(f"{halts.words_of(session, what)} are stopped. Every team's channel says so.")


def ask_to_lift(session: Session, click: Click, who: Who) -> After:
    """The notice's Resume: which stop, and why."""
    demand(who.role, Verb.RESUME)
    halt = halts.get(session, ids.parse("hlt", click.value))
    if halt.lifted_at is not None:
        raise Refused("That stop was lifted already. Nothing was changed.")
    return Show(form.lift([(click.value, halts.words_of(session, halt))]))


def lift(session: Session, click: Click, who: Who) -> After:
    """The form's Resume."""
    sent = form.lift_submission(click.view)
    halts.lift(session, ids.parse("hlt", sent.subject), reason=sent.reason, by=who)
    return None


ACTIONS: dict[str, Act] = {"halt.lift": ask_to_lift}
FORMS: dict[str, Act] = {form.STOP: stop, form.LIFT: lift}
