"""The weekly digest: when it comes, and for the managers where to."""

from sqlalchemy.orm import Session

from bot.blocks import View, escape
from bot.gateway import ChannelFacts, Gateway
from bot.modals import settings as list_form
from bot.modals import settings_digest as form
from bot.modals.settings import Line
from core.errors import Permanent, Refused
from handlers.edge import After, Click, Load, Show
from handlers.settings.area import Area
from workflows import surroundings, team_hours, weekly
from workflows.organising import changes, reports, teams
from workflows.organising.changes import By
from workflows.roles import Verb, demand
from workflows.staff import Who

TITLE = "Weekly digest"
EDIT = "settings.digest.edit"
NOT_SEEN = "Careloop is not in that channel. Nothing was saved. Type /invite @Careloop there, then save again."
OPEN = "That channel is public, archived, or shared with others. Nothing was saved. Pick a private one that only managers are in."


def window(session: Session, _who: Who | None = None, *, said: str = "") -> View:
    """The managers' line, then one a team."""
    known = [(weekly.MANAGERS, "Managers"), *((team.code, team.name) for team in teams.every(session))]
    lines = [Line(name, _stands(session, code), f"{EDIT}.{n}", code) for n, (code, name) in enumerate(known)]
    return list_form.page(
        TITLE, lines, said=said, back=list_form.OPEN, below="Once a week, never for weeks that were missed."
    )


def edit(session: Session, click: Click, who: Who) -> After:
    """A line's button: the form."""
    demand(who.role, Verb.SETTINGS)
    return Show(_form(session, click.value))


def save(session: Session, click: Click, who: Who) -> After:
    """The form's Save; the managers' channel is looked at in Slack first."""
    demand(who.role, Verb.SETTINGS)
    wanted = form.parse_submission(click.view)
    _name(session, wanted.receiver)

    def look(slack: Gateway) -> ChannelFacts | None:
        if not wanted.channel:
            return None
        try:
            return slack.channel_facts(wanted.channel)
        except Permanent:
            return None

    def make(later: Session, again: Who, facts: ChannelFacts | None) -> View:
        demand(again.role, Verb.SETTINGS)
        if wrong := _wrong(wanted.channel, facts):
            return _form(later, wanted.receiver, wrong=wrong, channel=wanted.channel)
        line = {"day": wanted.day, "at": wanted.at} | ({"channel": wanted.channel} if wanted.channel else {})
        reports.keep(later, wanted.receiver, line if wanted.on else None, by=By(again.actor, wanted.mark))
        return window(later, said=f"{_name(later, wanted.receiver)}: {_words(later, wanted.receiver)}")

    return Load(TITLE, make, look)


def _form(session: Session, receiver: str, *, wrong: str = "", channel: str = "") -> View:
    kept = reports.shown(session, receiver)
    managers = receiver == weekly.MANAGERS
    shown = kept or dict(weekly.USUAL)
    line = form.Line(
        receiver, _name(session, receiver), kept is not None, shown["day"], shown["at"], channel or shown.get("channel", ""), managers
    )  # fmt: skip
    zone = surroundings.organisation_of(session).zone if managers else team_hours.of(session, receiver).zone
    return form.build(line, mark=changes.mark(kept), zone=zone, wrong=wrong)


def _name(session: Session, receiver: str) -> str:
    """Refused when that team is gone."""
    if receiver == weekly.MANAGERS:
        return "Managers"
    row = teams.of_code(session, receiver)
    if row is None:
        raise Refused("That team is not there any more. Nothing was changed.")
    return row.name


def _wrong(channel: str, facts: ChannelFacts | None) -> str:
    """Why figures by team may not go there; empty when they may."""
    if not channel:
        return ""
    if facts is None or not facts.member:
        return NOT_SEEN
    return OPEN if facts.shared or facts.archived or not facts.private else ""


def _stands(session: Session, receiver: str) -> str:
    kept = reports.shown(session, receiver)
    channel = f" in <#{escape(kept['channel'])}>" if kept and kept.get("channel") else ""
    return f"{escape(_words(session, receiver))}{channel}"


def _words(session: Session, receiver: str) -> str:
    kept = reports.shown(session, receiver)
    if kept is None:
        return "Off."
    to = "" if receiver != weekly.MANAGERS or kept.get("channel") else ", as a direct message to each"
    return f"{form.DAYS[kept['day']]} {kept['at']}{to}"


def _summary(session: Session) -> str:
    on = sum(reports.shown(session, team.code) is not None for team in teams.every(session))
    return f"{_stands(session, weekly.MANAGERS)} · {on} team{'' if on == 1 else 's'}"


AREA = Area(
    code="digest",
    title=TITLE,
    stands=_summary,
    window=window,
    actions={f"{EDIT}.{n}": edit for n in range(teams.MOST + 2)},
    forms={form.CALLBACK: save},
)
