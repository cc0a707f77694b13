"""The one shape all cards share: verb, why, facts, context, buttons. A kind adds words; `case_verbs` says which buttons."""

from dataclasses import dataclass

from bot import times
from bot.blocks import (
    Block,
    Element,
    Message,
    Style,
    actions,
    button,
    clip,
    context,
    escape,
    fields,
    header,
    option,
    overflow,
    section,
)
from bot.cards.view import CardView, PhiLevel, PhiView, Priority, State, Writeback
from workflows import case_verbs

_PILOT = (("Pass", "pilot.pass"), ("Fail", "pilot.fail"))

BODY_SHOWN = 600
"""Characters of a patient's text on a card (level full); the thread holds all of it."""

FACT_SHOWN = 300
"""Characters of one fact: all blocks of a message together may hold about 12,000."""

MOST_LINKED = 5
MOST_FACTS = 10
"""Slack's limit; what comes last is what can be missed."""

_PRIORITY_WORDS = {
    Priority.EMERGENCY: ":rotating_light: *Emergency*",
    Priority.URGENT: ":red_circle: *Urgent*",
    Priority.HIGH: ":large_orange_circle: *High priority*",
    Priority.NORMAL: "",
}
"""Loud ones stand in front; that a case is nothing special is said below, in grey."""

_STATE_WORDS = {
    State.BOOKING: "Booking",
    State.WAITING_PATIENT: "Waiting for the patient",
}
_WRITEBACK_WORDS = {
    Writeback.PENDING: "pending",
    Writeback.SYNCED: "synced",
    Writeback.NEEDS_MANUAL: "needs manual entry",
    Writeback.HELD: "not written: the patient has not agreed",
}


@dataclass(frozen=True)
class Face:
    """What differs between kinds.

    `verb` is the first line (plain text); `preview` says the same in generic words, for locked phones.
    `why` is plain text below the verb; empty when the verb already says it.
    """

    verb: str
    preview: str
    why: str
    verdict: bool = False
    """Pass and Fail instead of Close."""
    approves: bool = False
    """Approve and Refuse instead of Close."""
    recorded: bool = True
    """Whether the EHR hears of it; a practice case or an alert is none of its business."""
    pings: bool = False
    """Everybody in the channel is called, until somebody has it."""


def reasons(view: CardView) -> str:
    """Why there is a case, and how the patient wants to be reached, where both are known."""
    return "; ".join(part for part in (view.reason, view.asked) if part)


def card(view: CardView, face: Face) -> Message:
    """Draw a case: urgency, task, deadline, owner in one look; a closed one keeps one line, nothing of the patient."""
    if view.state == State.CLOSED:
        return Message(_preview(view, "closed"), (section(_closed_line(view, face)),))
    blocks = [
        header(face.verb),
        *_why(view, face),
        fields(*_facts(view, face)),
        *_body(view.phi),
        context(_footer(view)),
    ]
    blocks.append(_ending(view, face))
    return Message(_preview(view, face.preview), tuple(blocks))


def _preview(view: CardView, verb: str) -> str:
    loud = view.state != State.CLOSED and view.priority in (Priority.EMERGENCY, Priority.URGENT)
    shown = f"{verb} ({view.priority})" if loud else verb
    return f"Case {view.number}: {shown} · {clip(escape(view.team), 80)}"


def _why(view: CardView, face: Face) -> list[Block]:
    ping = "<!channel>" if face.pings and not _owner(view) and view.state == State.OPEN else ""
    why = escape(clip(face.why, FACT_SHOWN))
    words = " · ".join(part for part in (_PRIORITY_WORDS[Priority(view.priority)], why, ping) if part)
    warned = [section(f":telephone_receiver: *{escape(view.warning)}*")] if view.warning else []
    return [*([section(words)] if words else []), *warned]


def _facts(view: CardView, face: Face) -> list[tuple[str, str]]:
    program = " · ".join(escape(part) for part in (view.program_title, (view.step or "").replace("_", " ")) if part)
    facts = [
        ("Patient", _patient(view.phi)),
        ("Visit", _visit(view.phi)),
        ("Says", escape(view.said or "")),
        ("Program", program),
        ("Team", escape(view.team)),
        ("Owner", _owner_since(view)),
        ("Due", f"{times.due(view.due_at, now=view.now)} ({times.moment_near(view.due_at, view.zone, now=view.now)})"),
        ("Human contact", escape(view.contact or "")),
        ("Attempt", escape(view.attempt or "")),
        ("State", _state(view)),
        ("EHR record", _WRITEBACK_WORDS[Writeback(view.writeback)] if face.recorded else ""),
        ("Paged", escape(view.paged or "")),
    ]
    return [(label, clip(value, FACT_SHOWN)) for label, value in facts if value][:MOST_FACTS]


def _state(view: CardView) -> str:
    if view.state != State.SNOOZED:
        return _STATE_WORDS.get(State(view.state), "")
    until = f" until {times.moment_near(view.snoozed_until, view.zone, now=view.now)}" if view.snoozed_until else ""
    return f"Snoozed{until}"


def _patient(phi: PhiView | None) -> str:
    if phi is None:
        return ""
    who = phi.name if phi.level == PhiLevel.FULL and phi.name else phi.initials
    return ", ".join(escape(part) for part in (who, phi.age_band) if part)


def _visit(phi: PhiView | None) -> str:
    if phi is None:
        return ""
    return escape((phi.visit if phi.level == PhiLevel.FULL and phi.visit else phi.visit_day) or "")


def _body(phi: PhiView | None) -> list[Block]:
    if phi is None or phi.level != PhiLevel.FULL or not phi.body:
        return []
    quoted = "\n".join(f">{escape(line)}" for line in clip(phi.body, BODY_SHOWN).splitlines())
    return [section(f"*The patient wrote*\n{quoted}")]


def _owner(view: CardView) -> str:
    if view.owner_slack_id:
        return f"<@{view.owner_slack_id}>"
    return escape(view.owner_name or "")


def _owner_since(view: CardView) -> str:
    owner = _owner(view)
    if not owner:
        return "nobody yet" if view.state == State.OPEN else "a colleague"
    since = f" since {times.moment_near(view.claimed_at, view.zone, now=view.now)}" if view.claimed_at else ""
    return owner + since


def _footer(view: CardView) -> str:
    opened = times.moment_near(view.opened_at, view.zone, now=view.now)
    waiting = f"waiting {times.span(view.now - view.opened_at)}" if view.state == State.OPEN else ""
    note = "note kept in Careloop" if view.note_kept else ""
    calm = "normal priority" if view.priority == Priority.NORMAL else ""
    linked = f"with case {', '.join(view.linked[:MOST_LINKED])}" if view.linked else ""
    shown = f"as of {times.moment_near(view.now, view.zone, now=view.now)}"
    parts = (f"Case {view.number}", linked, calm, f"opened {opened}", waiting, note, shown)
    return " · ".join(part for part in parts if part)


def _ending(view: CardView, face: Face) -> Block:
    if view.state == State.BOOKING:
        when = f" {times.moment(view.booked_for, view.zone)}" if view.booked_for else ""
        return context(f"Booking{when}…")
    shown = case_verbs.arranged(standing(view))
    first = _verdict(view, face) if face.verdict or face.approves else _buttons(shown, view.case_id)
    return actions(*first, _more(shown, view.case_id))


def _verdict(view: CardView, face: Face) -> list[Element]:
    yes, no = (("Approve", "approval.approve"), ("Refuse", "approval.refuse")) if face.approves else _PILOT
    return [
        button(*yes, value=view.case_id, style="primary"),
        button(*no, value=view.case_id, style="danger"),
    ]


def _buttons(shown: case_verbs.Offered, case_id: str) -> list[Element]:
    style: Style = "primary"
    return [
        button(verb.label, f"case.{verb.code}", value=case_id, style=style if verb.code == shown.main else None)
        for verb in shown.buttons
    ]


def _more(shown: case_verbs.Offered, case_id: str) -> Element:
    return overflow("case.more", [option(verb.label, f"{verb.code}:{case_id}") for verb in shown.menu])


def standing(view: CardView) -> case_verbs.Standing:
    """What decides about the buttons of a card, which everybody in the channel sees."""
    return case_verbs.Standing(
        kind=view.kind,
        state=view.state,
        owned=view.state != State.OPEN or bool(_owner(view)),
        contact=view.contact is not None,
        patient=view.patient,
        number=view.number_known,
    )


def _closed_line(view: CardView, face: Face) -> str:
    took = times.span(view.closed_at - view.opened_at) if view.closed_at else ""
    behind = f"EHR record: {_WRITEBACK_WORDS[Writeback(view.writeback)]}"
    behind = behind if face.recorded and view.writeback != Writeback.SYNCED else ""
    parts = (
        f"Closed: {escape(view.outcome or 'done')}",
        _owner(view),
        f"took {took}" if took else "",
        f"case {view.number}",
        behind,
    )
    return " · ".join(part for part in parts if part)
