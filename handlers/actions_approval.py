"""Asking for an approval, and answering: merged into ACTIONS, FORMS and MORE of `handlers.actions`."""

from uuid import UUID

from sqlalchemy.orm import Session

from bot.modals import approval as form
from core import ids
from handlers.edge import Act, After, Click, Show, Whisper
from workflows import approvals, cases
from workflows.staff import Who


def ask(session: Session, case_id: UUID, who: Who) -> After:
    """The menu's Request approval."""
    case = cases.owned(session, case_id, by=who)
    return Show(form.build(ids.show("cas", case.id), case.number, choices=approvals.FOR))


def asked(session: Session, click: Click, who: Who) -> After:
    """The form's Ask."""
    said = form.parse_submission(click.view)
    opened = approvals.ask(session, ids.parse("cas", said.case_id), said.what, by=who)
    return Whisper(f"Asked: case {opened.number} waits for a manager or clinician. You are told when they answer.")


def approve(session: Session, click: Click, who: Who) -> After:
    """The card's Approve."""
    approvals.answer(session, ids.parse("cas", click.value), yes=True, by=who)
    return None


def refuse(session: Session, click: Click, who: Who) -> After:
    """The card's Refuse."""
    approvals.answer(session, ids.parse("cas", click.value), yes=False, by=who)
    return None


ACTIONS: dict[str, Act] = {"approval.approve": approve, "approval.refuse": refuse}
FORMS: dict[str, Act] = {form.CALLBACK: asked}
