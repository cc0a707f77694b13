"""The Home tab: a person's cases, their teams', promises and what runs by itself, in ids and codes only, whatever the phi level."""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot import home_face, times
from bot.blocks import View, clip, escape
from bot.home_face import Face, Row
from core.ids import show
from storage.db import now
from workflows import desk, first_day, halts, promising, surroundings
from workflows.desk import Count, Desk, Promised, Running
from workflows.desk import View as Shown
from workflows.roles import TABLE, Verb
from workflows.staff import Who
from workflows.worklist import Entry

LOUD = {
    "emergency": ":rotating_light: *Emergency* · ",
    "urgent": ":red_circle: *Urgent* · ",
    "high": "*High priority* · ",
}
STATES = {"booking": " · being booked", "snoozed": " · snoozed", "waiting_patient": " · waiting for the patient"}
MOST_COUNTS = 12


def build(
    session: Session, who: Who, *, words: Mapping[str, str], view: Shown = Shown.MINE, page: int = 0, glance: str = ""
) -> View:
    """One page of one view; `words` say what a kind of case asks for; `glance` is the managers' line. Refused for a role without cases."""
    at, zone = now(session), ZoneInfo(surroundings.organisation_of(session).zone)
    found = desk.load(session, who, view=view, page=page)
    face = Face(
        view=view.value,
        rows=_rows(found, who, words=words, at=at, zone=zone),
        counts=_counts(found.counts, words),
        glance=glance,
        tally={code.value: count for code, count in found.tally.items()},
        page=found.page,
        more=found.more,
        tools=_tools(session, who),
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
    return [_case(entry, who, words=words, at=at) for entry in found.entries]


def _case(entry: Entry, who: Who, *, words: Mapping[str, str], at: datetime) -> Row:
    asked = f" (asked: {escape(clip(entry.asked, 80))})" if entry.asked else ""
    what = escape(words.get(entry.kind, entry.kind.replace("_", " ")))
    whose = "yours" if entry.owner_id == who.id else escape(entry.owner or "") or "nobody's yet"
    program = f" · {escape(clip(entry.program, 40))}" if entry.program else ""
    due = times.due(entry.due_at, now=at)
    first = f"{LOUD.get(entry.priority, '')}*{what}*{asked}"
    second = (
        f"Case {entry.number} · {due}{program} · {escape(clip(entry.team, 40))} · {whose}{STATES.get(entry.state, '')}"
    )
    return Row(f"{first}\n{second}", show("cas", entry.id), free=entry.owner_id is None and entry.state == "open")


def _promise(one: Promised, *, at: datetime, zone: tzinfo) -> Row:
    what = promising.NAMES.get(one.kind, one.kind.replace("_", " ")).capitalize()
    by = times.moment_near(one.due_at, zone, now=at)
    said = (
        f"*{escape(what)} by {by}* · {times.due(one.due_at, now=at)}\nCase {one.number} · {escape(clip(one.team, 40))}"
    )
    return Row(said, show("cas", one.case_id))


def _running(one: Running, *, at: datetime, zone: tzinfo) -> Row:
    """S43, S61: its state, the branch it took, and what comes next and when."""
    state = (
        f"needs a person: case {one.case_number}"
        if one.case_number
        else {"paused": "paused"}.get(one.state, "replied" if one.replied else "no reply yet")
    )
    branch = f" · so far: {escape(one.routing.replace('_', ' '))}" if one.routing else ""
    step = escape((one.step or "start").replace("_", " "))
    when = times.moment_near(one.wake_at, zone, now=at) if one.wake_at else "when it is resumed"
    return Row(f"*{escape(clip(one.program, 80))}* · {state}\nAt step {step}{branch} · next: {when}")


def _counts(found: Sequence[Count], words: Mapping[str, str]) -> str:
    """S59: "Recall: 12 offer new times, 2 call about a low score · No-show: 6 …"."""
    by_program: dict[str, list[str]] = {}
    for one in found[:MOST_COUNTS]:
        what = words.get(one.kind, one.kind.replace("_", " "))
        by_program.setdefault(one.program or "Other", []).append(f"{one.open:,} {what[:1].lower()}{what[1:]}")
    said = [f"{program}: {', '.join(kinds)}" for program, kinds in by_program.items()]
    rest = sum(one.open for one in found[MOST_COUNTS:])
    return " · ".join([*said, *([f"{rest:,} of other kinds"] if rest else [])])
