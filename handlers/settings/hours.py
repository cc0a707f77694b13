"""When each team works."""

from typing import Any

from sqlalchemy.orm import Session

from bot.blocks import View, escape
from bot.modals import settings as list_form
from bot.modals import settings_hours as form
from bot.modals.settings import Line
from core.errors import Misconfigured, Refused
from handlers.edge import After, Click, Replace, Show
from handlers.settings.area import Area
from workflows import surroundings
from workflows.organising import changes, hours, teams
from workflows.organising.changes import By
from workflows.roles import Verb, demand
from workflows.staff import Who

TITLE = "Hours, breaks and holidays"
EDIT = "settings.hours.edit"


def window(session: Session, _who: Who | None = None, *, said: str = "") -> View:
    """A line a team, and one for all of them at once."""
    known = teams.every(session)
    kept = hours.shown(session, [team.code for team in known])
    lines = [Line(team.name, _stands(kept[team.code]), f"{EDIT}.{n}", team.code) for n, team in enumerate(known)]
    if len(known) > 1:
        lines.append(
            Line("All teams at once", "The same hours for everybody.", f"{EDIT}.{len(known)}", form.ALL, "Set")
        )
    below = "" if known else "There are no teams yet. Set them up first, under Teams and channels."
    return list_form.page(TITLE, lines, said=said, back=list_form.OPEN, below=below)


def edit(session: Session, click: Click, who: Who) -> After:
    """A line's button: the form, filled in with the office hours where the team has none."""
    demand(who.role, Verb.SETTINGS)
    known = _chosen(session, click.value)
    kept = hours.shown(session, known)
    own: dict[str, Any] = next(iter(kept.values())) or hours.usual(session)
    shown = form.Hours(
        hours.lines(own["days"]), bool(own.get("holidays")), "\n".join(own.get("closed", [])), own.get("zone") or ""
    )
    name = "All teams" if click.value == form.ALL else known[click.value]
    zone = surroundings.organisation_of(session).zone
    return Show(form.build(click.value, name, shown, mark=changes.mark(kept), zone=zone))


def save(session: Session, click: Click, who: Who) -> After:
    """The form's Save."""
    demand(who.role, Verb.SETTINGS)
    code, mark, typed = form.parse_submission(click.view)
    known = _chosen(session, code)
    said: dict[str, Any] = {"days": hours.read_lines(typed.days), "holidays": typed.holidays}
    if typed.closed:
        said["closed"] = hours.read_closed(typed.closed)
    if typed.zone:
        said["zone"] = typed.zone
    try:
        hours.keep(session, dict.fromkeys(known, said), by=By(who.actor, mark))
    except Misconfigured as error:
        raise hours.refused(error) from error
    name = "All teams" if code == form.ALL else known[code]
    return Replace(window(session, said=f"{name}: {hours.lines(said['days'])}. New cases are due by these hours."))


def _chosen(session: Session, code: str) -> dict[str, str]:
    """{code: name} of the team, or of all. Refused when it is gone."""
    found = {team.code: team.name for team in teams.every(session) if code in (form.ALL, team.code)}
    if not found:
        raise Refused("That team is not there any more. Nothing was changed.")
    return found


def _stands(own: dict[str, Any] | None) -> str:
    if own is None:
        return "The clinic's office hours."
    also = [*(["holidays off"] if own.get("holidays") else []), *([own["zone"]] if own.get("zone") else [])]
    closed = len(own.get("closed", []))
    also += [f"{closed} more day{'s' if closed != 1 else ''} off"] if closed else []
    return escape(" · ".join([hours.lines(own["days"]).replace("\n", "; "), *also]))


def _summary(session: Session) -> str:
    kept = hours.shown(session, [team.code for team in teams.every(session)])
    own = sum(said is not None for said in kept.values())
    return f"{own} of {len(kept)} teams have hours of their own."


AREA = Area(
    code="hours",
    title=TITLE,
    stands=_summary,
    window=window,
    actions={f"{EDIT}.{n}": edit for n in range(teams.MOST + 1)},
    forms={form.CALLBACK: save},
)
