"""The button with which an admin gives access back to somebody whose Slack account is in good standing again."""

from sqlalchemy.orm import Session

from core import ids
from handlers.edge import Act, After, Click, Whisper
from workflows import returning
from workflows.staff import Who


def give_back(session: Session, click: Click, who: Who) -> After:
    """The notice's Give access back."""
    return Whisper(returning.give_back(session, ids.parse("stf", click.value), by=who))


ACTIONS: dict[str, Act] = {"staff.back": give_back}
