"""What happens next in one enrollment: a pure function of program, state and event. It sends nothing and stores nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from workflows.effects import (
    Ask,
    Book,
    CancelPending,
    End,
    Enter,
    Event,
    EventKind,
    Facts,
    Leave,
    Offer,
    OpenCase,
    Pause,
    Result,
    State,
    Unmatched,
)
from workflows.programs.model import AskStep, BookStep, CaseStep, OutcomeStep, Program, SendStep, WaitStep
from workflows.programs.vocabulary import Outcome
from workflows.turn import Turn

__all__ = [
    "NEW",
    "Ask",
    "Book",
    "CancelPending",
    "End",
    "Enter",
    "Event",
    "EventKind",
    "Facts",
    "Leave",
    "Offer",
    "OpenCase",
    "Pause",
    "Result",
    "State",
    "Unmatched",
    "step",
]

NEW = State(step=None, touches=0, entered_at=None, status="active", outcome=None, routing=None)
_ENDING: dict[str, Outcome] = {
    "opted_out": "opted_out",
    "wrong_number": "wrong_number",
    "deceased": "deceased",
    "stopped_by_ehr": "stopped_by_ehr",
    "withdrawn": "withdrawn",
    "legal_threat": "withdrawn",
}
# What the EHR says that no program can override (N17); a program's `stop_on` may only name another outcome for it.
ALWAYS_STOPS: dict[str, Outcome] = {
    "patient.deceased": "deceased",
    "patient.inactive": "stopped_by_ehr",
    "patient.admitted": "stopped_by_ehr",
    "patient.hospice": "stopped_by_ehr",
    "patient.transferred": "stopped_by_ehr",
    "patient.do_not_contact": "stopped_by_ehr",
}
# How it ends when a person had it from the start, or looked for a way to a patient whom no text reaches; any other closing hands over.
_BY_HAND: dict[str, Outcome] = {
    "unreachable": "unreachable",
    "deceased": "deceased",
    "not_ours": "wrong_number",
    "wrong_number": "wrong_number",
    "declined": "declined",
    "booked": "booked",
}
_WAY_FOUND = "corrected"


def step(program: Program, state: State, event: Event, *, now: datetime, facts: Facts) -> Result:
    """The next state, what to do about it, and when to look again (UTC; None = nothing but an event moves it).

    An ended enrollment ignores everything, and a timer that rings early changes nothing. Raises Misconfigured when the
    program names a step it does not have.
    """
    if state.status == "ended":
        return Result(state, (), None)
    turn = Turn(program, state, now=now, facts=facts)
    _TAKE[event.kind](turn, event)
    return turn.result


def _started(turn: Turn, _: Event) -> None:
    if turn.state.step is None:
        turn.enter(turn.program.first)


def _reply(turn: Turn, event: Event) -> None:
    """An explicit digit first, then intents in the reading's order; what fits nowhere goes to a person."""
    current = turn.current
    if turn.state.status == "paused" or not isinstance(current, AskStep):
        turn.effects.append(Unmatched())
        return
    said = [*_digits(current, event), *event.intents]
    answer = next((word for word in said if word in current.on), None)
    if answer is None:
        turn.state = replace(turn.state, routing="sent_to_review")
        turn.effects.append(Unmatched())
        return
    _remember(turn, event, chose=answer == "slot")
    turn.move(current.on[answer], f"reply.{answer}")


def _remember(turn: Turn, event: Event, *, chose: bool) -> None:
    """What later steps go by: the time chosen, the score, the date the patient named."""
    named = event.asked.start if event.asked else None
    turn.state = replace(
        turn.state,
        choice=event.choice if chose else turn.state.choice,
        score=event.score if event.score is not None else turn.state.score,
        named_at=named or turn.state.named_at,
    )


def _timer(turn: Turn, _: Event) -> None:
    current, due = turn.current, turn.wake()
    if due is None or turn.now < due:
        return
    if isinstance(current, WaitStep):
        turn.move(current.then, "over")
    elif isinstance(current, AskStep) and turn.state.reach is not None:
        _silence(turn, current)
    elif isinstance(current, AskStep | SendStep):
        turn.go_on(turn.begin(turn.name, current))


def _silence(turn: Turn, current: AskStep) -> None:
    """Delivered and silent, for the whole wait; a text that did not arrive yet is not silence (S24)."""
    if turn.state.reach == "asked":
        if turn.facts.delivered_at is None:
            return
        turn.state = replace(turn.state, reach="delivered", entered_at=turn.facts.delivered_at)
        due = turn.wake()
        if due is None or turn.now < due:
            return
    turn.move(current.silence, "silence")


def _delivered(turn: Turn, event: Event) -> None:
    """The wait for an answer runs from when the text arrived."""
    if turn.state.reach == "asked" and event.step in (None, turn.state.step):
        turn.state = replace(turn.state, reach="delivered", entered_at=turn.facts.delivered_at or turn.now)


def _ehr(turn: Turn, event: Event) -> None:
    outcome = turn.program.stop_on.get(event.name) or ALWAYS_STOPS.get(event.name)
    if outcome is not None:
        turn.end(outcome, how=event.name)
        return
    current = turn.current
    if isinstance(current, AskStep | WaitStep | CaseStep) and event.name in current.on:
        turn.move(current.on[event.name], event.name)


def _form(turn: Turn, event: Event) -> None:
    """A form came in: its answers count from now on, and the step that waits for it moves."""
    turn.facts = replace(turn.facts, answers={**turn.facts.answers, **event.answers})
    _remember(turn, event, chose=event.choice is not None)
    current = turn.current
    if turn.state.status != "waiting" or not isinstance(current, AskStep | WaitStep) or "form" not in current.on:
        return
    if not isinstance(current, AskStep) or current.form in (None, event.name):
        turn.move(current.on["form"], "form")


def _case(turn: Turn, event: Event) -> None:
    """A case step moves by its own closing; a call task that replaced a touch moves only where the program says so."""
    current = turn.current
    if current is None:  # a person's from the start: the run never began
        turn.end(_BY_HAND.get(event.name, "handed_over"), how=f"case.{event.name}")
    elif isinstance(current, CaseStep):
        _close(turn, current.on.get(event.name, current.then), f"case.{event.name}")
    elif turn.state.reach == "lost":
        _way_found(turn, event.name)
    elif turn.state.status == "waiting" and event.name in turn.program.touch_blocked.on:
        _close(turn, turn.program.touch_blocked.on[event.name], f"case.{event.name}")


def _close(turn: Turn, target: str | None, how: str) -> None:
    """A closing that leads nowhere hands over; so does one that would text a patient while paused."""
    if target is None or (turn.state.status == "paused" and not isinstance(turn.find(target), OutcomeStep | CaseStep)):
        turn.end("handed_over", how=how)
    else:
        turn.move(target, how)


def _way_found(turn: Turn, disposition: str) -> None:
    """The number was put right: the text that never arrived is asked again. Anything else ends it as the person found."""
    current = turn.current
    if disposition == _WAY_FOUND and turn.state.status == "waiting" and isinstance(current, AskStep):
        turn.state = replace(turn.state, reach=None)
        turn.go_on(turn.begin(turn.name, current))
    else:
        turn.end(_BY_HAND.get(disposition, "handed_over"), how=f"case.{disposition}")


def _operator(turn: Turn, event: Event) -> None:
    if event.name == "resume" and turn.state.status == "paused":
        _resume(turn)
    elif event.name == "pause":
        turn.pause("operator")
    elif event.name == "withdrawn":
        turn.end("withdrawn", how="operator.withdrawn")


def _touch_blocked(turn: Turn, event: Event) -> None:
    """The touch was counted when it was asked; a person makes it by phone, and the wait runs from now."""
    name = event.step or turn.name
    if name == turn.state.step and isinstance(turn.current, AskStep):
        if turn.state.status != "waiting" or turn.state.reach != "asked":
            return
        turn.state = replace(turn.state, reach="called", entered_at=turn.now)
    elif not isinstance(turn.program.steps.get(name), SendStep):
        return
    turn.state = replace(turn.state, routing="escalated")
    turn.open(turn.program.touch_blocked.case, step=name)


def _touch_failed(turn: Turn, event: Event) -> None:
    """It never arrived, so it was no touch (S24): a person looks for a way to the patient, and nothing more is asked there."""
    name = event.step or turn.name
    failed = turn.program.steps.get(name)
    here = name == turn.state.step and isinstance(failed, AskStep)
    if not isinstance(failed, AskStep | SendStep) or (here and turn.state.reach != "asked"):
        return
    turn.take_back(failed)
    if here:
        turn.state = replace(turn.state, reach="lost")
    if here or isinstance(failed, SendStep):
        turn.state = replace(turn.state, routing="escalated")
        turn.open(turn.program.touch_failed, step=name)


def _no_slots(turn: Turn, event: Event) -> None:
    """Nothing is free to offer: the text that would have offered it does not leave and was no touch."""
    current = turn.current
    if not isinstance(current, AskStep) or event.step not in (None, turn.state.step):
        return
    turn.take_back(current)
    turn.move(current.on.get("no_slots", current.silence), "no_slots")


def _booked(turn: Turn, _: Event) -> None:
    current = turn.current
    if isinstance(current, BookStep):
        turn.move(current.on["booked"], "booked")


def _slot_taken(turn: Turn, _: Event) -> None:
    current = turn.current
    if isinstance(current, BookStep):
        _close(turn, current.on["taken"], "slot_taken")


def _interrupt(turn: Turn, event: Event) -> None:
    outcome = _ENDING.get(event.name)
    if outcome is None:
        turn.pause(event.name)
    else:
        turn.end(outcome, how=event.name)


def _resume(turn: Turn) -> None:
    """Go on where it stood; a text that the pause took back before it left is asked again."""
    current = turn.current
    turn.state = replace(turn.state, status="waiting")
    if current is None:
        turn.enter(turn.program.first)
        return
    if not isinstance(current, AskStep | SendStep):
        return
    left = turn.facts.delivered_at is not None or turn.facts.settles_at is not None
    if turn.state.reach == "asked" and not left:
        turn.take_back(current)
    if turn.state.reach is None:
        turn.go_on(turn.begin(turn.name, current))
    else:
        reach = "delivered" if turn.facts.delivered_at else turn.state.reach
        turn.state = replace(turn.state, entered_at=turn.now, reach=reach)


def _digits(ask: AskStep, event: Event) -> list[str]:
    """What a digit means here: one of the times offered, or itself."""
    if event.choice is None:
        return []
    return ["slot", str(event.choice)] if ask.slots and 1 <= event.choice <= ask.slots else [str(event.choice)]


_TAKE: dict[EventKind, Callable[[Turn, Event], None]] = {
    EventKind.STARTED: _started,
    EventKind.REPLY: _reply,
    EventKind.TIMER: _timer,
    EventKind.EHR: _ehr,
    EventKind.CASE: _case,
    EventKind.OPERATOR: _operator,
    EventKind.TOUCH_BLOCKED: _touch_blocked,
    EventKind.TOUCH_FAILED: _touch_failed,
    EventKind.DELIVERED: _delivered,
    EventKind.FORM: _form,
    EventKind.NO_SLOTS: _no_slots,
    EventKind.BOOKED: _booked,
    EventKind.SLOT_TAKEN: _slot_taken,
    EventKind.INTERRUPT: _interrupt,
}
