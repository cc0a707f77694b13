"""What the signed-in page asks before it does something with a case: the questions of Slack's windows, as forms that need no script."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import times
from core.errors import Refused
from core.ids import show
from handlers.pages import words
from storage.db import now, org_of
from storage.tables import Case, Staff, Team
from workflows import (
    approvals,
    case_calls,
    case_links,
    case_verbs,
    escalating,
    on_call,
    pilot,
    pilot_reviews,
    recaps,
    resting,
    surroundings,
    tcm,
)
from workflows.staff import Who

Choices = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to pick, by (legend, choices) groups: radio buttons, or a list to open; or a `moment` of one's own."""

    name: str
    groups: tuple[tuple[str, Choices], ...]
    shape: str = "radio"
    initial: str = ""


@dataclass(frozen=True, slots=True)
class VerbForm:
    """The form of one verb. Without questions it is a button; `instead` says why there is none."""

    code: str
    label: str
    explains: str
    button: str
    questions: tuple[Question, ...] = ()
    note: bool = False
    instead: str = ""
    sure: bool = False
    """Opened first, since it cannot be taken back."""


Asks = Callable[[Session, Case, Who], VerbForm | None]
OWN_PARTS = frozenset({"claim", "close", "reschedule", "reply", "open", "correct"})
"""Verbs that have a place of their own on the page."""
APPROVE = (
    VerbForm("approve", "Approve", "Whoever asked is told, and goes on.", "Approve"),
    VerbForm("refuse", "Refuse", "Whoever asked is told.", "Refuse"),
)


def of(session: Session, case: Case, who: Who, codes: frozenset[str]) -> list[VerbForm]:
    """The forms of these verbs, in the registry's order."""
    verbs = [verb for verb in case_verbs.VERBS if verb.code in codes - OWN_PARTS]
    made = [ASKS[verb.code](session, case, who) if verb.code in ASKS else _plain(verb.code) for verb in verbs]
    return [form for form in made if form is not None]


def _plain(code: str) -> VerbForm:
    verb = case_verbs.by_code(code)
    return VerbForm(code, verb.label, verb.explains, verb.label)


def _form(code: str, button: str, *questions: Question, **more: object) -> VerbForm:
    verb = case_verbs.by_code(code)
    return VerbForm(code, verb.label, verb.explains, button, questions, **more)  # type: ignore[arg-type]


def _log_call(session: Session, case: Case, _who: Who) -> VerbForm:
    if tcm.words_of(session, case) is not None:
        how = Question("method", (("How did you try?", tcm.METHODS),))
        return _form("log_call", "Log it", how, Question("result", (("How did it go?", tcm.RESULTS),)))
    ours = {code: said for code, said in case_calls.RESULTS.items() if code != "they_called"}
    theirs = {f"they_called:{code}": said for code, said in case_calls.WHY.items()}
    return _form("log_call", "Log it", Question("result", (("We called", ours), ("They called us", theirs))))


def _snooze(session: Session, case: Case, _who: Who) -> VerbForm:
    at, zone = now(session), ZoneInfo(surroundings.organisation_of(session).zone)
    offered = {
        code: f"{resting.CHOICES[code]} ({times.moment_near(moment, zone, now=at)})"
        for code, moment in resting.times(session, case).items()
    }
    own = Question(
        "moment", ((f"Day and time ({zone})", {}),), "moment", f"{(at + resting.HOUR).astimezone(zone):%Y-%m-%dT%H:%M}"
    )
    until = Question("until", (("Until when?", offered | {"pick": "A day and time of your own:"}),))
    return _form("snooze", "Snooze", until, own)


def _escalate(_session: Session, _case: Case, _who: Who) -> VerbForm:
    return _form("escalate", "Escalate", Question("reason", (("Why?", escalating.REASONS),)))


def _reassign(session: Session, case: Case, who: Who) -> VerbForm | None:
    teams = session.scalars(
        select(Team).where(Team.org_id == org_of(session), Team.id != case.team_id).order_by(Team.name)
    )
    found = select(Staff).where(
        Staff.org_id == org_of(session), Staff.active, Staff.id.not_in((who.id, case.owner_id or who.id))
    )
    away = on_call.off(session)
    people = [one for one in session.scalars(found.order_by(Staff.name)) if one.id not in away]
    groups = (
        ("Teams", {show("tem", team.id): team.name for team in teams}),
        ("People", {show("stf", one.id): one.name for one in people}),
    )
    filled = tuple(group for group in groups if group[1])
    return _form("reassign", "Reassign", Question("to", filled, "list")) if filled else None


def _wrong_number(_session: Session, _case: Case, _who: Who) -> VerbForm:
    return _form("wrong_number", "It is a wrong number", sure=True)


def _recap(session: Session, case: Case, who: Who) -> VerbForm:
    try:
        _, titles = recaps.offered(session, case.id, by=who)
    except Refused as refusal:
        return _form("recap", "", instead=refusal.say)
    return _form("recap", "Send text", Question("text", (("Which text?", titles),)))


def _link(session: Session, case: Case, _who: Who) -> VerbForm | None:
    others = {
        show(
            "cas", one.id
        ): f"Case {one.number} · {words.kind(one.kind)} · {words.CASE_STATES.get(one.state, one.state)}"
        for one in case_links.others(session, case)
    }
    if not others:
        return None
    how = {
        "link": "Link: each shows the other's number",
        "merge": f"Merge: the other is closed, case {case.number} goes on",
    }
    return _form(
        "link", "Link or merge", Question("other", (("Which case?", others),)), Question("how", (("How?", how),))
    )


def _approval(_session: Session, _case: Case, _who: Who) -> VerbForm:
    what = {code: f"{said[:1].upper()}{said[1:]}" for code, said in approvals.FOR.items()}
    return _form("approval", "Ask", Question("what", (("What do you want approved?", what),)))


def _fail(_session: Session, _case: Case, _who: Who) -> VerbForm:
    wrong = {code: said for code, said in pilot_reviews.VERDICTS.items() if code != pilot.PASSED}
    return _form("fail", "Fail this run", Question("verdict", (("What was wrong?", wrong),)), note=True)


ASKS: dict[str, Asks] = {
    "log_call": _log_call,
    "snooze": _snooze,
    "escalate": _escalate,
    "reassign": _reassign,
    "wrong_number": _wrong_number,
    "recap": _recap,
    "link": _link,
    "approval": _approval,
    "fail": _fail,
}
