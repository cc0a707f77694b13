"""What happens next in one enrollment: a pure function of program, state and event. It sends nothing and stores nothing."""

from dataclasses import replace
from datetime import datetime, timedelta

from core.errors import Misconfigured
from workflows.effects import (
    Ask,
    CancelPending,
    Effect,
    End,
    Enter,
    Event,
    EventKind,
    Facts,
    Leave,
    OpenCase,
    Pause,
    Result,
    State,
    Unmatched,
)
from workflows.programs.model import AskStep, CaseSpec, CaseStep, OutcomeStep, Program, duration
from workflows.programs.vocabulary import Outcome, Routing

__all__ = [
    "MAX_TOUCHES",
    "NEW",
    "Ask",
    "CancelPending",
    "End",
    "Enter",
    "Event",
    "EventKind",
    "Facts",
    "Leave",
    "OpenCase",
    "Pause",
    "Result",
    "State",
    "Unmatched",
    "step",
]

MAX_TOUCHES = 3
NEW = State(step=None, touches=0, entered_at=None, status="active", outcome=None, routing=None)
_TOO_LATE = timedelta(hours=12)
_ROUTING: dict[Outcome, Routing] = {"booked": "booked", "confirmed": "confirmed", "handed_over": "escalated"}
_ENDING: dict[str, Outcome] = {
    "opted_out": "opted_out",
    "wrong_number": "wrong_number",
    "deceased": "deceased",
    "stopped_by_ehr": "stopped_by_ehr",
    "withdrawn": "withdrawn",
}
_BY_HAND: dict[str, Outcome] = {
    "booked": "booked",
    "declined": "declined",
    "wrong_number": "wrong_number",
    "deceased": "deceased",
}


def step(program: Program, state: State, event: Event, *, now: datetime, facts: Facts) -> Result:
    """The next state, what to do about it, and when to look again (UTC; None = nothing but an event moves it).

    An ended enrollment ignores everything, and a timer that rings early changes nothing. Raises Misconfigured when the
    program names a step it does not have.
    """
    if state.status == "ended":
        return Result(state, (), None)
    return _Turn(program, state, now, facts).take(event)


class _Turn:
    """One call of `step`: gathers effects while the state moves."""

    def __init__(self, program: Program, state: State, now: datetime, facts: Facts) -> None:
        self.program, self.state, self.now, self.facts = program, state, now, facts
        self.effects: list[Effect] = []

    def take(self, event: Event) -> Result:
        {
            EventKind.STARTED: self._started,
            EventKind.REPLY: self._reply,
            EventKind.TIMER: self._timer,
            EventKind.EHR: self._ehr,
            EventKind.CASE: self._case,
            EventKind.OPERATOR: self._operator,
            EventKind.TOUCH_BLOCKED: self._touch_blocked,
            EventKind.TOUCH_FAILED: self._touch_failed,
            EventKind.INTERRUPT: self._interrupt,
        }[event.kind](event)
        return Result(self.state, tuple(self.effects), self._wake())

    # events

    def _started(self, _: Event) -> None:
        if self.state.step is None:
            self._enter(self.program.first)

    def _reply(self, event: Event) -> None:
        """An explicit digit first, then intents in the reading's order; what fits nowhere goes to a person."""
        current = self._current()
        if self.state.status == "paused" or not isinstance(current, AskStep):
            self.effects.append(Unmatched())
            return
        said = ([str(event.choice)] if event.choice is not None else []) + list(event.intents)
        answer = next((word for word in said if word in current.on), None)
        if answer is None:
            self.state = replace(self.state, routing="sent_to_review")
            self.effects.append(Unmatched())
            return
        self._move(current.on[answer], f"reply.{answer}")

    def _timer(self, _: Event) -> None:
        current, due = self._current(), self._wake()
        if due is None or self.now < due or not isinstance(current, AskStep):
            return
        if self._asked(current):
            self._move(current.silence, "silence")
        else:
            self._ask(self._step_name(), current)

    def _ehr(self, event: Event) -> None:
        if event.name in self.program.stop_on:
            self._end(self.program.stop_on[event.name], how=event.name)
            return
        current = self._current()
        if isinstance(current, CaseStep) and event.name in current.on:
            self._move(current.on[event.name], event.name)

    def _case(self, event: Event) -> None:
        """A case step moves by its own closing; a call task that replaced a touch moves only where the program says so."""
        current = self._current()
        if self.state.step is None:  # a person's from the start: the run never began
            self._end(_BY_HAND.get(event.name, "handed_over"), how=f"case.{event.name}")
        elif isinstance(current, CaseStep):
            self._close(current.on.get(event.name, current.then), f"case.{event.name}")
        elif self.state.status == "waiting" and event.name in self.program.touch_blocked.on:
            self._close(self.program.touch_blocked.on[event.name], f"case.{event.name}")

    def _close(self, target: str | None, how: str) -> None:
        """A closing that leads nowhere hands over; so does one that would text a patient while paused."""
        if target is None or (self.state.status == "paused" and isinstance(self._find(target), AskStep)):
            self._end("handed_over", how=how)
        else:
            self._move(target, how)

    def _operator(self, event: Event) -> None:
        if event.name == "resume" and self.state.status == "paused":
            self._resume()
        elif event.name == "pause":
            self._pause("operator")
        elif event.name == "withdrawn":
            self._end("withdrawn", how="operator.withdrawn")

    def _touch_blocked(self, _: Event) -> None:
        """The touch was counted when it was asked; a person makes it by phone, and the wait runs from now."""
        current = self._current()
        if self.state.status == "waiting" and isinstance(current, AskStep) and self._asked(current):
            self.state = replace(self.state, entered_at=self.now, routing="escalated")
            self._open(self.program.touch_blocked.case)

    def _touch_failed(self, _: Event) -> None:
        if isinstance(self._current(), AskStep):
            self.state = replace(self.state, routing="escalated")
            self._open(self.program.touch_failed)

    def _interrupt(self, event: Event) -> None:
        outcome = _ENDING.get(event.name)
        if outcome is None:
            self._pause(event.name)
        else:
            self._end(outcome, how=event.name)

    # moves

    def _move(self, target: str, how: str) -> None:
        self._leave(how)
        self._enter(target)

    def _leave(self, how: str) -> None:
        current = self._current()
        if isinstance(current, AskStep):
            self.effects.append(CancelPending())
        if current is not None:
            self.effects.append(Leave(self._step_name(), how))

    def _enter(self, name: str) -> None:
        """Enter a step, passing over asks that may no longer be sent."""
        passed: set[str] = set()
        while True:
            entered = self._find(name)
            self.state = replace(self.state, step=name, entered_at=self.now, status="waiting")
            self.effects.append(Enter(name))
            if not isinstance(entered, AskStep) or not self._pass_over(entered):
                break
            passed.add(name)
            self.effects.append(Leave(name, "skipped"))
            name = entered.silence
            if name in passed:
                self._hand_over()
                return
        if isinstance(entered, AskStep):
            if self._asked(entered):
                self._ask(name, entered)
        elif isinstance(entered, CaseStep):
            self.state = replace(self.state, routing="escalated")
            self._open(entered.case)
        else:
            self._conclude(entered)

    def _pass_over(self, ask: AskStep) -> bool:
        """Three touches are enough; a reminder is not sent late by half a day, nor after its appointment."""
        if self.state.touches >= MAX_TOUCHES:
            return True
        if ask.at is None:
            return False
        at, appointment = self._at(ask), self.facts.appointment_at
        return at is None or appointment is None or self.now >= appointment or self.now - at > _TOO_LATE

    def _ask(self, name: str, ask: AskStep) -> None:
        if self._pass_over(ask):
            self._move(ask.silence, "skipped")
            return
        touch = self.state.touches + 1
        again: Routing = "retried" if self.state.routing == "escalated" else "nurtured"
        routing: Routing | None = again if touch > 1 else self.state.routing
        self.state = replace(self.state, touches=touch, entered_at=self.now, routing=routing)
        self.effects.append(Ask(name, ask.ask, touch, ask.context))

    def _open(self, case: CaseSpec) -> None:
        self.effects.append(OpenCase(case.kind, case.team, case.priority, case.due, self._step_name()))

    def _hand_over(self) -> None:
        """A ring of asks with no touch left: a person takes it, silence never swallows a patient."""
        self._open(self.program.touch_blocked.case)
        self._conclude(OutcomeStep(outcome="handed_over"))

    def _end(self, outcome: Outcome, *, how: str) -> None:
        if self._current() is not None:
            self.effects.append(Leave(self._step_name(), how))
        self.effects.append(CancelPending())
        self._conclude(OutcomeStep(outcome=outcome))

    def _conclude(self, end: OutcomeStep) -> None:
        """Whoever was never texted cannot be unreachable: every ask came too late, the program withdrew."""
        never_tried = end.outcome == "unreachable" and self.state.touches == 0
        outcome: Outcome = "withdrawn" if never_tried else end.outcome
        routing = _ROUTING.get(outcome, "closed")
        self.state = replace(self.state, status="ended", outcome=outcome, routing=routing)
        self.effects.append(End(outcome, routing))

    def _pause(self, reason: str) -> None:
        """Nothing more leaves until a person resumes; a second reason is kept too."""
        self.state = replace(self.state, status="paused", routing="escalated")
        self.effects += [CancelPending(), Pause(reason)]

    def _resume(self) -> None:
        current = self._current()
        self.state = replace(self.state, status="waiting")
        if current is None:
            self._enter(self.program.first)
        elif isinstance(current, AskStep) and self._asked(current):
            self.state = replace(self.state, entered_at=self.now)
        elif isinstance(current, AskStep) and self._pass_over(current):
            self._move(current.silence, "skipped")

    # times

    def _wake(self) -> datetime | None:
        """When silence is due, or the ask itself; computed anew each time, so a patient's new zone counts at once."""
        current = self._current()
        if self.state.status != "waiting" or not isinstance(current, AskStep) or self.state.entered_at is None:
            return None
        return _after(current.wait, self.state.entered_at, self.facts) if self._asked(current) else self._at(current)

    def _asked(self, ask: AskStep) -> bool:
        """Whether the text is out: the step's clock starts again when it is asked, never before its appointed time."""
        at, since = self._at(ask), self.state.entered_at
        return at is None or since is None or since >= at

    def _at(self, ask: AskStep) -> datetime | None:
        appointment = self.facts.appointment_at
        if ask.at is None or appointment is None:
            return None
        if ask.at.hours is not None:
            return appointment - timedelta(hours=ask.at.hours)
        return _opening_before(appointment, ask.at.days or 0, self.facts)

    # steps

    def _step_name(self) -> str:
        return self.state.step or ""

    def _current(self) -> AskStep | CaseStep | OutcomeStep | None:
        return None if self.state.step is None else self._find(self.state.step)

    def _find(self, name: str) -> AskStep | CaseStep | OutcomeStep:
        if name not in self.program.steps:
            raise Misconfigured(
                f"Program {self.program.program} has no step '{name}'", fix="Lint it before publishing."
            )
        return self.program.steps[name]


def _after(wait: str, since: datetime, facts: Facts) -> datetime:
    n, unit = duration(wait)
    if unit == "d":
        return facts.next_open(since, n)
    return since + (timedelta(hours=n) if unit == "h" else timedelta(minutes=n))


def _opening_before(appointment: datetime, days: int, facts: Facts) -> datetime:
    """The opening `days` calendar days before, or of the last open day before that.

    `next_open` passes a closed day to the following one; that one is nearer to the appointment by more than half a day.
    """
    wanted = timedelta(days=days) - _TOO_LATE
    openings = (facts.next_open(appointment, -days - further) for further in range(7))
    return next((opening for opening in openings if appointment - opening > wanted), appointment - timedelta(days=days))
