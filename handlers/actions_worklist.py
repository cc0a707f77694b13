"""What the buttons of `/worklist` do: merged into ACTIONS of `handlers.actions`."""

from sqlalchemy.orm import Session

from bot import urgent as drawing
from bot.blocks import Message
from core import ids
from core.errors import Refused
from handlers.edge import Act, After, Click, OpenPage, Redraw, Share
from handlers.pages.words import KINDS
from storage.db import now
from workflows import cases, page_access, staff, urgent
from workflows.roles import Verb, demand
from workflows.staff import Who
from workflows.urgent import Urgent

NOT_THE_TEAMS = "This is not the channel of that team, so nothing was shared. Share it in the team's own channel."


def draw(session: Session, found: Urgent, who: Who | None) -> Message:
    """For one person, with buttons; None for a channel, without."""
    return drawing.build(found, words=KINDS, at=now(session), me=who.id if who else None)


def claim_of_all(session: Session, click: Click, who: Who) -> After:
    """S126 from the list: it is theirs, and the list shows what is left."""
    cases.claim(session, ids.parse("cas", click.value), by=who)
    return Redraw(draw(session, urgent.now_of(session, who), who))


def claim_of_team(session: Session, click: Click, who: Who) -> After:
    """The same where the list is of one team."""
    case = cases.claim(session, ids.parse("cas", click.value), by=who)
    return Redraw(draw(session, urgent.now_of(session, who, team=case.team_id), who))


def open_page(session: Session, click: Click, who: Who) -> After:
    """The signed-in page of a case that is theirs."""
    case = cases.get(session, ids.parse("cas", click.value))
    staff.demand_work(session, who, case)
    token = page_access.make_link(session, who=who, case_id=case.id)
    return OpenPage(f"/open/{token}", f"Open case {case.number}")


def share(session: Session, click: Click, who: Who) -> After:
    """Deliberate, and only in the team's own channel, which has to be private (the edge asks Slack)."""
    demand(who.role, Verb.READ_CASE)
    team = ids.parse("tem", click.value)
    if urgent.team_of_channel(session, click.channel) != team:
        raise Refused(NOT_THE_TEAMS)
    found = urgent.now_of(session, who, team=team)
    if [queue.id for queue in found.queues] != [team]:
        raise Refused("That is not one of your teams. Nothing was shared.")
    return Share(draw(session, found, None))


ACTIONS: dict[str, Act] = {
    **dict.fromkeys(drawing.CLAIMS[False], claim_of_all),
    **dict.fromkeys(drawing.CLAIMS[True], claim_of_team),
    **dict.fromkeys(drawing.OPENS, open_page),
    drawing.SHARE: share,
}
