"""Provider out and snow day: the forms, and the notice's button."""

from sqlalchemy.orm import Session

from bot import notices
from bot.modals import disruption as form
from core import ids
from core.errors import Refused
from handlers.edge import Act, After, Click, Show
from storage.tables import Disruption
from workflows import disruptions
from workflows.roles import TABLE, Verb, demand
from workflows.staff import Who


def ask(session: Session, click: Click, who: Who) -> After:
    """The first form: count who is affected and show it."""
    sent = form.submission(click.view)
    known = dict(disruptions.providers(session) if sent.kind == "provider" else disruptions.sites(session))
    label = known.get(sent.key)
    if label is None:
        raise Refused("That one has no visits any more. Nothing was changed.")
    row = disruptions.propose(session, disruptions.Asked(sent.kind, sent.key, label, sent.day, sent.reason), by=who)
    return Show(_preview(row, who))


def look(session: Session, click: Click, who: Who) -> After:
    """The notice's button: the same preview, as counted when it was asked for."""
    demand(who.role, Verb.LAUNCH)
    row = disruptions.get(session, ids.parse("dis", click.value))
    if row.approved_at is not None:
        raise Refused("That was approved already. Nothing was done twice.")
    return Show(_preview(row, who))


def approve(session: Session, click: Click, who: Who) -> After:
    """The preview's Approve."""
    disruptions.approve(session, ids.parse("dis", form.approved(click.view)), by=who)
    return None


def _preview(row: Disruption, who: Who) -> dict[str, object]:
    may = Verb.LAUNCH in TABLE[who.role]
    return form.preview(notices.title_of(row), row.counts, disruption_id=ids.show("dis", row.id), may_approve=may)


ACTIONS: dict[str, Act] = {"disruption.look": look}
FORMS: dict[str, Act] = {form.ASK: ask, form.APPROVE: approve}
