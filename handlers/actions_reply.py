"""Reply to the patient: merged into FORMS and MORE of `handlers.actions`."""

from uuid import NAMESPACE_OID, UUID, uuid5

from sqlalchemy.orm import Session

from bot import sync
from bot.modals import reply as form
from core import ids
from core.errors import Refused
from handlers import conversation
from handlers.edge import Act, After, Click, Show, Whisper
from handlers.edge_thread import told
from handlers.pages import words
from storage.tables import Message
from workflows import cases, privacy, relay, replies
from workflows.staff import Who

ON_THE_PAGE = "Texts to patients are not written in Slack here. Press Open on the card. Nothing was sent."


def ask(session: Session, case_id: UUID, who: Who) -> After:
    """The form; where Slack may not see the patient the signed-in page, where it is written instead."""
    if privacy.level(session, cases.get(session, case_id)) == "none":
        return conversation.open_case(session, case_id, who)
    case = cases.owned(session, case_id, by=who)
    tongue = replies.language_of(session, case)
    return Show(
        form.build(
            ids.show("cas", case.id),
            case.number,
            who=sync.patient_line(session, case) or "",
            language=words.language(tongue) if tongue not in ("", "en") else "",
        )
    )


def send(session: Session, click: Click, who: Who) -> After:
    """The form's Send; the same window sent twice is one text."""
    said = form.parse_submission(click.view)
    case_id = ids.parse("cas", said.case_id)
    if privacy.level(session, cases.get(session, case_id)) == "none":
        raise Refused(ON_THE_PAGE)
    form_id = uuid5(NAMESPACE_OID, f"{click.workspace}:{click.view.get('id', '')}")
    message = session.get_one(Message, (click.org, replies.reply(session, case_id, said.text, by=who, form_id=form_id)))
    case = cases.get(session, case_id)
    return Whisper(
        told(session, relay.Sent(case_id, message.id, message.segments)), channel=sync.channel_of(session, case)
    )


FORMS: dict[str, Act] = {form.CALLBACK: send}
