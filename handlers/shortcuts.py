"""What Slack's shortcuts open: one line each in SHORTCUTS, in the manifest under the same callback id."""

import html
import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.modals import noted as noted_form
from core import ids
from core.errors import Refused
from core.ids import show
from handlers import lookup
from handlers.commands.outreach import start as start_verb
from handlers.edge import Act, After, Click, OpenPage, Show, account
from storage.db import org_of
from storage.tables import Team
from workflows import noted
from workflows.staff import Who

_TS = re.compile(r"[0-9]{1,12}\.[0-9]{1,8}")


def start(session: Session, _click: Click, who: Who) -> After:
    """ "Start outreach" (global): what `/outreach start` opens."""
    answer = start_verb.answer(session, "", who)
    return answer if isinstance(answer, Show | OpenPage) else None


def make_case(session: Session, click: Click, who: Who) -> After:
    """ "Make a case of this" (message): team and due; the words stay sealed with us."""
    if click.message.get("bot_id") or click.message.get("subtype") == "bot_message":
        raise Refused("An app wrote that message. A case is made of what a colleague wrote. Nothing was changed.")
    kept, own = noted.keep(session, _said(click), by=who)
    teams = session.execute(select(Team.id, Team.name).where(Team.org_id == org_of(session)).order_by(Team.name))
    offered = sorted(((show("tem", row.id), row.name) for row in teams), key=lambda one: one[0] != show("tem", own))
    dues = {code: words for code, (words, _) in noted.DUES.items()}
    return Show(noted_form.build(show("ntd", kept), teams=offered, dues=dues))


def open_noted(session: Session, click: Click, who: Who) -> After:
    """The form's Make a case: its card follows in the team's channel."""
    kept, team, due = noted_form.parse_submission(click.view)
    noted.open_case(session, ids.parse("ntd", kept), team=ids.parse("tem", team), due=due, by=who)
    return None


def _said(click: Click) -> noted.Said:
    """As it was written: Slack escapes three characters; what no text holds is left out."""
    ts, text = str(click.message.get("ts") or ""), html.unescape(str(click.message.get("text") or ""))
    if not _TS.fullmatch(ts) or not account(click.channel):
        raise Refused("Slack did not say which message is meant. Nothing was changed. Use the shortcut again.")
    return noted.Said(click.channel, ts, text.encode("utf-8", "ignore").decode().replace("\0", ""))


SHORTCUTS: dict[str, Act] = {"outreach.start": start, "patient.find": lookup.find, "message.case": make_case}
FORMS: dict[str, Act] = {noted_form.CALLBACK: open_noted}
