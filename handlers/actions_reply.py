"""Reply to the patient, in words of one's own or saved ones: merged into ACTIONS, FORMS and MORE of `handlers.actions`."""

from uuid import NAMESPACE_OID, UUID, uuid5

from sqlalchemy.orm import Session

from bot import sync
from bot.blocks import View
from bot.modals import reply as form
from bot.modals.frame import case_id_of
from core import ids
from core.errors import Refused
from handlers import conversation, slack_words
from handlers.edge import Act, After, Click, Show, Whisper
from handlers.edge_thread import told
from handlers.pages import words
from storage.tables import Case, Message
from workflows import cases, privacy, relay, replies, saved_replies
from workflows.saved_replies import Ready
from workflows.staff import Who

ON_THE_PAGE = "Texts to patients are not written in Slack here. Press Open on the card. Nothing was sent."


def ask(session: Session, case_id: UUID, who: Who) -> After:
    """The form; where Slack may not see the patient the signed-in page, where it is written instead."""
    if privacy.level(session, cases.get(session, case_id)) == "none":
        return conversation.open_case(session, case_id, who)
    return Show(_form(session, cases.owned(session, case_id, by=who), who))


def pick(session: Session, click: Click, who: Who) -> After:
    """A saved reply was picked: the same window shows how the patient will read it."""
    case = cases.owned(session, ids.parse("cas", case_id_of(click.view, form.CALLBACK)), by=who)
    if privacy.level(session, case) == "none":
        raise Refused(ON_THE_PAGE)
    if click.value == form.OWN:
        return Show(_form(session, case, who))
    ready = saved_replies.one(session, case.id, ids.parse("svr", click.value), by=who)
    return Show(_form(session, case, who, picked=ready))


def send(session: Session, click: Click, who: Who) -> After:
    """The form's Send; the same window sent twice is one text."""
    said = form.parse_submission(click.view)
    case_id = ids.parse("cas", said.case_id)
    if privacy.level(session, cases.get(session, case_id)) == "none":
        raise Refused(ON_THE_PAGE)
    form_id = uuid5(NAMESPACE_OID, f"{click.workspace}:{click.view.get('id', '')}")
    if said.saved and said.text:
        raise Refused("Send the saved reply or words of your own, not both. Nothing was sent. Clear one of them.")
    if said.saved:
        sent = saved_replies.send(session, case_id, ids.parse("svr", said.saved), by=who, form_id=form_id)
    else:
        sent = replies.reply(session, case_id, slack_words.of_field(said.text), by=who, form_id=form_id)
    message = session.get_one(Message, (click.org, sent))
    case = cases.get(session, case_id)
    return Whisper(
        told(session, relay.Sent(case_id, message.id, message.segments)), channel=sync.channel_of(session, case)
    )


def _form(session: Session, case: Case, who: Who, *, picked: Ready | None = None) -> View:
    tongue = replies.language_of(session, case)
    return form.build(
        ids.show("cas", case.id),
        case.number,
        who=sync.patient_line(session, case) or "",
        language=words.language(tongue) if tongue not in ("", "en") else "",
        saved=[(ids.show("svr", one.id), one.title) for one in saved_replies.offered(session, case)],
        picked=form.Saved(ids.show("svr", picked.id), picked.text, picked.segments) if picked else None,
        qualified=replies.qualified(session, case, who),
    )


ACTIONS: dict[str, Act] = {form.SAVED: pick}
FORMS: dict[str, Act] = {form.CALLBACK: send}
