"""How Slack is connected, and a link to connect it (again)."""

from urllib.parse import quote

from sqlalchemy.orm import Session

from bot.blocks import View, escape
from bot.modals import settings as list_form
from bot.modals import settings_slack as form
from bot.modals.settings import Line
from handlers.edge import After, Click, Show
from handlers.settings.area import Area
from storage.db import origin_of
from workflows import install_invitations, slack_installs, surroundings
from workflows.roles import Verb, demand
from workflows.staff import Who

PASTED = "By the token in the organisation file."
BELOW = "To remove Careloop from Slack, or when Slack does not open: the signed-in worklist, Slack."
MOST = 10


def window(session: Session, _who: Who) -> View:
    """A line an install as it stands, and the button for a new link."""
    zone = surroundings.organisation_of(session).zone
    known = [slack_installs.describe(one, zone) for one in slack_installs.listed(session)[:MOST]]
    lines = [Line(str(one["name"]), escape(str(one["state"]))) for one in known] or [Line("Connected", PASTED)]
    again = "Connect it again" if any(one["live"] for one in known) else "Connect it by a link"
    lines.append(
        Line(again, "For new scopes, another workspace, or a token that ends.", form.LINK, label="Make a link")
    )
    return list_form.page(form.TITLE, lines, back=list_form.OPEN, below=BELOW)


def link(session: Session, _click: Click, who: Who) -> After:
    """A new invitation, shown to this admin alone."""
    demand(who.role, Verb.SETTINGS)
    token = install_invitations.invite(session, actor=who.actor)
    address = f"{origin_of(session)}/slack/install?invite={quote(token)}"
    return Show(form.link(address, surroundings.organisation_of(session).name))


def _stands(session: Session) -> str:
    zone = surroundings.organisation_of(session).zone
    newest = next(iter(slack_installs.listed(session)), None)
    return escape(str(slack_installs.describe(newest, zone)["state"])) if newest else PASTED


AREA = Area(code="slack", title=form.TITLE, stands=_stands, window=window, actions={form.LINK: link})
