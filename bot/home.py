"""The Home tab: a person's cases, their teams', promises and what runs by itself, in ids and codes only, whatever the phi level."""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot import counted, filters, home_face, standing, times
from bot.blocks import View, clip, escape
from bot.home_face import Face, Row
from core.ids import show
from storage.db import now
from workflows import desk, first_day, halts, promising, surroundings
from workflows.desk import Count, Desk
from workflows.desk import View as Shown
from workflows.desk_programs import CampaignState, ProgramState
from workflows.desk_rows import Line, Promised, Running
from workflows.roles import TABLE, Verb
from workflows.staff import Who

LOUD = {
    "emergency": ":rotating_light: *Emergency* · ",
    "urgent": ":red_circle: *Urgent* · ",
    "high": "*High priority* · ",
}


def build(
    session: Session, who: Who, *, words: Mapping[str, str], view: Shown = Shown.MINE, page: int = 0, glance: str = ""
) -> View:
    """One page of one view; `words` say what a kind of case asks for; `glance` is the managers' line. Refused for a role without cases."""
    at, zone = now(session), ZoneInfo(surroundings.organisation_of(session).zone)
    found = desk.load(session, who, view=view, page=page)
    face = Face(
        view=view.value,
        rows=_rows(found, who, words=words, at=at, zone=zone),
        counts=_counts(found.counts),
        glance=glance,
        tally={code.value: count for code, count in found.tally.items()},
        page=found.page,
        more=found.more,
        tools=_tools(session, who),
        narrowing=filters.drawn(found, words),
    )
    return home_face.draw(face, halts.lines(session), at=at, zone=zone)


def _tools(session: Session, who: Who) -> list[tuple[str, str]]:
    """What this role may do besides working on cases; the acts ask again."""
    may = TABLE[who.role]
    practise = [("Practise", home_face.PRACTISE)] if Verb.PRACTISE in may else []
    first = [] if not first_day.may_see(who) or first_day.is_over(session) else [("First day", home_face.FIRST_DAY)]
    return [*first, *practise, *([("Settings", home_face.SETTINGS)] if Verb.SETTINGS in may else [])]


def _rows(found: Desk, who: Who, *, words: Mapping[str, str], at: datetime, zone: tzinfo) -> list[Row]:
    if found.view is Shown.PROMISES:
        return [_promise(one, at=at, zone=zone) for one in found.promises]
    if found.view is Shown.RUNNING:
        return [_running(one, at=at, zone=zone) for one in found.running]
    if found.view is Shown.PROGRAMS:
        made = [*map(_campaign, found.campaigns), *map(_program, found.programs)]
        return made[found.page * desk.PAGE : (found.page + 1) * desk.PAGE]
    return [_case(entry, who, words=words, at=at, zone=zone) for entry in found.entries]


def _case(entry: Line, who: Who, *, words: Mapping[str, str], at: datetime, zone: tzinfo) -> Row:
    """S43: its state, whose it is, what comes next and when; S61: the branch its run took."""
    asked = f" (asked: {escape(clip(entry.asked, 60))})" if entry.asked else ""
    what = escape(words.get(entry.kind, entry.kind.replace("_", " ")))
    whose = "yours" if entry.owner_id == who.id else escape(clip(entry.owner or "", 40)) or "nobody's yet"
    branch = f", {standing.branch(entry.branch)}" if entry.branch else ""
    program = f" · {escape(clip(entry.program, 40))}{escape(branch)}" if entry.program else ""
    following = standing.next_of_case(entry, zone=zone, now=at)
    first = f"{LOUD.get(entry.priority, '')}*{what}*{asked} · {following}"
    second = f"{standing.state(entry.shown)} · {whose} · Case {entry.number}{program} · {escape(clip(entry.team, 40))}"
    return Row(f"{first}\n{second}", show("cas", entry.id), free=entry.owner_id is None and entry.state == "open")


def _promise(one: Promised, *, at: datetime, zone: tzinfo) -> Row:
    what = promising.NAMES.get(one.kind, one.kind.replace("_", " ")).capitalize()
    by = times.moment_near(one.due_at, zone, now=at)
    said = (
        f"*{escape(what)} by {by}* · {times.due(one.due_at, now=at)}\nCase {one.number} · {escape(clip(one.team, 40))}"
    )
    return Row(said, show("cas", one.case_id))


def _running(one: Running, *, at: datetime, zone: tzinfo) -> Row:
    """S43, S61: its state, the branch it took, and what comes next and when; the case, where a person has to do something."""
    person = f": case {one.case_number}" if one.case_number and one.shown == "needs_person" else ""
    branch = f" · so far: {escape(standing.branch(one.routing))}" if one.routing else ""
    following = escape(standing.next_of_run(one, zone=zone, now=at))
    said = f"*{escape(clip(one.program, 80))}* · {standing.state(one.shown)}{person}\nBy itself{branch} · next: {following}"
    return Row(said, show("cas", one.case_id) if one.case_id and person else "")


def _program(one: ProgramState) -> Row:
    state, behind = standing.of_program(one)
    return Row(f"*{escape(clip(one.title, 80))}* · {state}\nProgram · {behind}")


def _campaign(one: CampaignState) -> Row:
    state, far = standing.of_campaign(one)
    return Row(
        f"*Campaign {one.number}: {escape(clip(one.cohort, 60))}* · {state}\n{escape(clip(one.program, 80))} · {far}"
    )


def _counts(found: Sequence[Count]) -> str:
    """S59."""
    return counted.said(found)
