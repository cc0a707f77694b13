"""Teams and their channels."""

from sqlalchemy.orm import Session

from bot.blocks import View, escape
from bot.gateway import ChannelFacts, Gateway
from bot.modals import settings as list_form
from bot.modals import settings_team as form
from bot.modals.settings import Line
from core.errors import Permanent
from handlers.edge import After, Click, Load, Show
from handlers.settings.area import Area
from storage.db import now
from storage.tables import Team
from workflows.organising import changes, teams
from workflows.organising.changes import By
from workflows.roles import Verb, demand
from workflows.staff import Who

TITLE = "Teams and channels"
EDIT = "settings.team.edit"
NOT_SEEN = "Careloop is not in that channel. Nothing was saved. Type /invite @Careloop there, then save again."


def window(session: Session, _who: Who | None = None, *, said: str = "") -> View:
    """A line a team; those that cases need and that are not there yet stand first."""
    lines = [
        Line(teams.NEEDED[code][0], "Not set up yet: cases of this kind have nowhere to go.", _edit(0), code, "Set up")
        for code in teams.missing(session)
    ]
    lines += [Line(team.name, _stands(team), "", team.code) for team in teams.every(session)]
    numbered = [Line(one.title, one.stands, _edit(n), one.value, one.label) for n, one in enumerate(lines)]
    add = Line("Another team", "A queue of its own with a channel of its own.", _edit(len(lines)), form.NEW, "Add")
    return list_form.page(TITLE, [*numbered, add], said=said, back=list_form.OPEN)


def edit(session: Session, click: Click, who: Who) -> After:
    """A line's button: the form."""
    demand(who.role, Verb.SETTINGS)
    return Show(_form(session, click.value))


def save(_session: Session, click: Click, who: Who) -> After:
    """The form's Save: the channel is looked at in Slack, then it is kept."""
    demand(who.role, Verb.SETTINGS)
    wanted = form.parse_submission(click.view)

    def look(slack: Gateway) -> ChannelFacts | None:
        try:
            return slack.channel_facts(wanted.channel)
        except Permanent:
            return None

    def make(later: Session, again: Who, facts: ChannelFacts | None) -> View:
        demand(again.role, Verb.SETTINGS)
        if wrong := _wrong(facts):
            return form.build(_shown(wanted), mark=wanted.mark, wrong=wrong)
        new = wanted.code == form.NEW
        code = teams.code_of(later, wanted.name) if new else wanted.code
        clinical = teams.NEEDED[code][1] if code in teams.NEEDED else wanted.clinical
        team = teams.Wanted(code, wanted.name, wanted.channel, clinical, seen_at=now(later))
        teams.keep(later, team, by=By(again.actor, wanted.mark))
        return window(later, said=f"{wanted.name} is saved. Its cases go to the channel you picked.")

    return Load(TITLE, make, look)


def _form(session: Session, code: str) -> View:
    row = teams.of_code(session, code)
    mark = changes.mark(teams.shown(row))
    name, clinical = teams.NEEDED.get(code, ("", False))
    if row is not None:
        shown = form.Team(code, row.name, row.channel_id, row.clinical, fixed=code in teams.NEEDED)
    else:
        shown = form.Team(code, name, "", clinical, fixed=code in teams.NEEDED)
    return form.build(shown, mark=mark)


def _shown(wanted: form.Submission) -> form.Team:
    return form.Team(wanted.code, wanted.name, wanted.channel, wanted.clinical, fixed=wanted.code in teams.NEEDED)


def _wrong(facts: ChannelFacts | None) -> str:
    """Why cards may not go there; empty when they may."""
    if facts is None or not facts.member:
        return NOT_SEEN
    if facts.archived:
        return "That channel is archived. Nothing was saved. Pick one that is in use."
    if facts.shared or not facts.private:
        return "That channel is public, or shared with others. Nothing was saved. Cards go to private channels alone."
    return ""


def _stands(team: Team) -> str:
    seen = "" if team.channel_seen_at else " · not looked at yet"
    return f"<#{escape(team.channel_id)}>{' · clinical' if team.clinical else ''}{seen}"


def _edit(place: int) -> str:
    return f"{EDIT}.{min(place, teams.MOST + len(teams.NEEDED))}"


def _summary(session: Session) -> str:
    missing = [teams.NEEDED[code][0] for code in teams.missing(session)]
    if missing:
        return f":warning: Missing: {', '.join(missing)}"
    return escape(", ".join(team.name for team in teams.every(session)))


AREA = Area(
    code="teams",
    title=TITLE,
    stands=_summary,
    window=window,
    actions={_edit(place): edit for place in range(teams.MOST + len(teams.NEEDED) + 1)},
    forms={form.CALLBACK: save},
)
