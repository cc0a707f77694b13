"""One move of one enrollment: the state as it goes from step to step, and the effects gathered on the way. Pure."""

from dataclasses import replace
from datetime import datetime, timedelta

from core.errors import Misconfigured
from workflows import moments
from workflows.effects import (
    Ask,
    Book,
    CancelPending,
    Effect,
    End,
    Enter,
    Facts,
    Leave,
    Offer,
    OpenCase,
    Pause,
    Result,
    State,
)
from workflows.programs.model import (
    AskStep,
    BookStep,
    BranchStep,
    CaseSpec,
    CaseStep,
    OutcomeStep,
    Program,
    SendStep,
    Until,
    WaitStep,
)
from workflows.programs.vocabulary import Outcome, Routing

LOOK_AGAIN = timedelta(hours=12)  # a text that has not left yet when its wait is over is nobody's silence
_ROUTING: dict[Outcome, Routing] = {"booked": "booked", "confirmed": "confirmed", "handed_over": "escalated"}
AnyStep = AskStep | SendStep | WaitStep | BranchStep | BookStep | CaseStep | OutcomeStep


class Turn:
    """Gathers effects while the state moves."""

    def __init__(self, program: Program, state: State, *, now: datetime, facts: Facts) -> None:
        self.program, self.state, self.now, self.facts = program, state, now, facts
        self.effects: list[Effect] = []

    @property
    def result(self) -> Result:
        """Where it stands now."""
        return Result(self.state, tuple(self.effects), self.wake())

    # moves

    def move(self, target: str, how: str) -> None:
        """Leave the step and enter another."""
        self.leave(how)
        self.enter(target)

    def leave(self, how: str) -> None:
        """Leave the step; its question is taken back, unless it is known to have arrived."""
        current = self.current
        if isinstance(current, AskStep) and self.state.reach != "delivered":
            self.effects.append(CancelPending())
        if current is not None:
            self.effects.append(Leave(self.name, how))

    def enter(self, name: str) -> None:
        """Enter a step, and go on through those that do not wait; a ring of them ends with a person."""
        passed: set[str] = set()
        while name not in passed:
            passed.add(name)
            self.state = replace(self.state, step=name, entered_at=self.now, status="waiting", reach=None)
            self.effects.append(Enter(name))
            onward = self.begin(name, self.find(name))
            if onward is None:
                return
            name, how = onward
            self.effects.append(Leave(self.name, how))
        self.hand_over()

    def go_on(self, onward: tuple[str, str] | None) -> None:
        """Follow where a step that does not wait leads."""
        if onward is not None:
            self.move(*onward)

    def begin(self, name: str, entered: AnyStep) -> tuple[str, str] | None:
        """Do what the step does now; (where to go on at once, why), or None when it waits or has ended."""
        match entered:
            case AskStep():
                return self._ask(name, entered)
            case SendStep():
                return self._send(name, entered)
            case WaitStep():
                due = self._wait_over(entered)
                if due is None:
                    self.hand_over()
                return (entered.then, "over") if due is not None and due <= self.now else None
            case BranchStep():
                value = self._value(entered.branch)
                return next((arm.to for arm in entered.when if arm.holds(value)), entered.otherwise), "branch"
            case BookStep():
                self.effects.append(Book(name, self.state.choice or 0))
            case CaseStep():
                self.state = replace(self.state, routing="escalated")
                self.open(entered.case)
            case OutcomeStep():
                self._conclude(entered.outcome)
        return None

    def _ask(self, name: str, ask: AskStep) -> tuple[str, str] | None:
        if self._pass_over(ask):
            return ask.silence, "skipped"
        if self._too_early(ask):
            return None
        if ask.slots:
            self.effects.append(Offer(name, ask.slots))
        self._text(Ask(name, ask.ask, self._touch(ask), ask.context, answer=ask.answer, form=ask.form))
        self.state = replace(self.state, reach="asked", entered_at=self.now)
        self.facts = replace(self.facts, delivered_at=None, settles_at=None)  # those were of an earlier text
        return None

    def _send(self, name: str, send: SendStep) -> tuple[str, str] | None:
        if self._pass_over(send):
            return send.then, "skipped"
        if self._too_early(send):
            return None
        self._text(Ask(name, send.send, self._touch(send), None, answer=send.answer, form=send.form))
        return send.then, "sent"

    def _text(self, ask: Ask) -> None:
        again: Routing = "retried" if self.state.routing == "escalated" else "nurtured"
        routing: Routing | None = again if ask.touch > 1 and not ask.answer else self.state.routing
        self.state = replace(self.state, touches=ask.touch, routing=routing)
        self.effects.append(ask)

    def take_back(self, step: AskStep | SendStep) -> None:
        """A text that did not reach the patient was no touch, and is not out."""
        touches = self.state.touches if step.answer else max(0, self.state.touches - 1)
        self.state = replace(self.state, touches=touches, reach=None)

    def _touch(self, step: AskStep | SendStep) -> int:
        return self.state.touches + (0 if step.answer else 1)

    def _pass_over(self, step: AskStep | SendStep) -> bool:
        """The program's touches are enough; a reminder is not sent late by half a day, nor after its appointment."""
        if not step.answer and self.state.touches >= self.program.touches:
            return True
        return step.at is not None and moments.too_late(step.at, self.now, self.facts)

    def _too_early(self, step: AskStep | SendStep) -> bool:
        at = moments.when(step.at, self.facts) if step.at else None
        return at is not None and self.now < at

    def open(self, case: CaseSpec, *, step: str | None = None) -> None:
        """Ask for work of a person, for this step or the named one."""
        self.effects.append(OpenCase(case.kind, case.team, case.priority, case.due, step or self.name))

    def hand_over(self) -> None:
        """A ring with no touch left, or a wait for a time nobody knows: a person takes it, silence never swallows a patient."""
        self.open(self.program.touch_blocked.case)
        self._conclude("handed_over")

    def end(self, outcome: Outcome, *, how: str) -> None:
        """End it from wherever it is, and take back what has not left."""
        if self.current is not None:
            self.effects.append(Leave(self.name, how))
        self.effects.append(CancelPending())
        self._conclude(outcome)

    def _conclude(self, outcome: Outcome) -> None:
        """Whoever was never texted nor looked for cannot be unreachable: every ask came too late, the program withdrew."""
        nobody_tried = self.state.touches == 0 and self.state.reach != "lost" and self.state.step is not None
        if outcome == "unreachable" and nobody_tried:
            outcome = "withdrawn"
        routing = _ROUTING.get(outcome, "closed")
        self.state = replace(self.state, status="ended", outcome=outcome, routing=routing)
        self.effects.append(End(outcome, routing))

    def pause(self, reason: str) -> None:
        """Nothing more leaves until a person resumes; a second reason is kept too."""
        self.state = replace(self.state, status="paused", routing="escalated")
        self.effects += [CancelPending(), Pause(reason)]

    # times and values

    def wake(self) -> datetime | None:
        """When the step's wait is over, or its text is due; computed anew each time, so a patient's new zone counts at once."""
        current, since = self.current, self.state.entered_at
        if self.state.status != "waiting" or since is None:
            return None
        if isinstance(current, WaitStep):
            return self._wait_over(current)
        if isinstance(current, AskStep) and self.state.reach is not None:
            return self._answer_due(current, since)
        if isinstance(current, AskStep | SendStep) and current.at is not None:
            return moments.when(current.at, self.facts)
        return None

    def _answer_due(self, ask: AskStep, since: datetime) -> datetime | None:
        """Nobody is waited for who cannot be reached; nor called silent before the text's fate is known (S24)."""
        if self.state.reach == "lost":
            return None
        if self.state.reach == "asked" and self.facts.delivered_at is not None:
            since = self.facts.delivered_at
        due = moments.after(ask.wait, since, self.facts)
        if self.state.reach == "asked" and self.facts.delivered_at is None and due <= self.now:
            known = self.facts.settles_at
            return known if known is not None and known > self.now else self.now + LOOK_AGAIN
        return due

    def _wait_over(self, wait: WaitStep) -> datetime | None:
        since = self.state.entered_at or self.now
        if not isinstance(wait.wait, Until):
            return moments.after(wait.wait, since, self.facts)
        if wait.wait.until != "named_date":
            return moments.when(wait.wait.until, self.facts)
        named = self.state.named_at
        if named is None or named <= since:
            return moments.after(wait.wait.otherwise, since, self.facts)
        return self.facts.next_open(named, 0)

    def _value(self, what: str) -> str | None:
        kind, _, name = what.partition(".")
        if kind == "score":
            return None if self.state.score is None else str(self.state.score)
        return (self.facts.answers if kind == "form" else self.facts.known).get(name)

    # steps

    @property
    def name(self) -> str:
        """The present step, "" before the first."""
        return self.state.step or ""

    @property
    def current(self) -> AnyStep | None:
        """The present step as written; None before the first."""
        return None if self.state.step is None else self.find(self.state.step)

    def find(self, name: str) -> AnyStep:
        """A step by name. Raises Misconfigured when the program has none such."""
        if name not in self.program.steps:
            raise Misconfigured(
                f"Program {self.program.program} has no step '{name}'", fix="Lint it before publishing."
            )
        return self.program.steps[name]
