"""The virtual clock: every event of every modelled enrollment in order of time, through the real engine and the real gate."""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from workflows import engine, gate, segments, texts, understanding, windows
from workflows.effects import Ask, End, Enter, Event, EventKind, Facts, OpenCase, Pause, State, Unmatched
from workflows.programs.model import AskStep, Program
from workflows.simulation import behaviour
from workflows.simulation.behaviour import Behaviour, Dice
from workflows.simulation.people import Person
from workflows.understanding import Reading, Urgency

FLAGGED = frozenset({Urgency.EMERGENCY, Urgency.URGENT, Urgency.CLINICAL})
CLINIC = {"clinic": "Your Clinic", "phone": "555-0100"}  # as long as a usual brand: segments are counted with it
HORIZON = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Sent:
    """One text that left: the patient, the program's step, its touch, the instant (UTC) and its segments."""

    patient: int
    step: str
    touch: int
    at: datetime
    segments: int


@dataclass(frozen=True, slots=True)
class Opened:
    """One case that opened."""

    patient: int
    team: str
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """What a patient answered, when it came in: so that a live run can be fed the same."""

    patient: int
    at: datetime
    words: str


@dataclass
class Run:
    """Everything that happened."""

    sent: list[Sent] = field(default_factory=list)
    opened: list[Opened] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    ended: dict[int, tuple[str, datetime]] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)  # not sent, by the gate's rule


@dataclass
class _Life:
    """One enrollment on the way."""

    person: Person
    facts: Facts
    state: State = engine.NEW
    cases: int = 0
    wake_at: datetime | None = None
    turn: int = 0  # grows with each event: a timer set before is not for this state


@dataclass
class _Number:
    """What belongs to a number, not to a patient: caps, opt-out, the first text."""

    sent_at: list[datetime] = field(default_factory=list)
    suppressed: bool = False
    texted: bool = False


class Simulation:
    """One program over these people. Deterministic: the same model, seed and starts give the same run."""

    def __init__(self, program: Program, model: Behaviour, seed: int, *, sunday: bool = False) -> None:
        self.program, self.model, self.dice, self.sunday = program, model, Dice(seed), sunday
        self.run = Run()
        self._numbers: dict[str, _Number] = {}
        self._lives: dict[int, _Life] = {}
        self._queue: list[tuple[datetime, int, Callable[[datetime], object]]] = []
        self._order = 0
        self._read: dict[tuple[str, str | None], Reading] = {}

    def enrol(self, person: Person, at: datetime, *, appointment_at: datetime | None = None) -> None:
        """The patient's enrollment starts at `at` (UTC)."""
        where = person.where
        facts = Facts(
            appointment_at=appointment_at,
            next_open=lambda after, days: windows.next_day_open(where, after, days),
            next_business=lambda after, days: windows.next_business_open(where, after, days),
        )
        self._lives[person.no] = life = _Life(person, facts)
        self._at(at, lambda now: self._hear(life, Event(EventKind.STARTED), now))

    def play(self) -> Run:
        """Run until nothing is left to happen (or 400 days have passed: a program that never ends is its own finding)."""
        last = self._queue[0][0] + HORIZON if self._queue else None
        while self._queue and last is not None and self._queue[0][0] <= last:
            at, _, what = heapq.heappop(self._queue)
            what(at)
        return self.run

    def _at(self, when: datetime, what: Callable[[datetime], object]) -> None:
        self._order += 1
        heapq.heappush(self._queue, (when, self._order, what))

    def _hear(self, life: _Life, event: Event, now: datetime) -> Sequence[object]:
        """One event: the engine decides, the effects are carried out, the next look is set."""
        result = engine.step(self.program, life.state, event, now=now, facts=life.facts)
        life.state, life.turn, life.wake_at = result.state, life.turn + 1, result.wake_at
        for effect in result.effects:
            self._carry_out(life, effect, now)
        if result.wake_at is not None:
            turn = life.turn
            self._at(max(result.wake_at, now), lambda at: self._timer(life, turn, at))
        return result.effects

    def _timer(self, life: _Life, turn: int, now: datetime) -> None:
        if life.turn == turn:
            self._hear(life, Event(EventKind.TIMER), now)

    def _carry_out(self, life: _Life, effect: object, now: datetime) -> None:
        match effect:
            case Ask():
                self._at(now, lambda at: self._claim(life, effect, at))
            case OpenCase():
                self._open(life, effect, now)
            case End():
                self.run.ended[life.person.no] = (effect.outcome, now)
            case Enter() | Pause() | _:
                pass  # the state says it

    def _open(self, life: _Life, case: OpenCase, now: datetime) -> None:
        self.run.opened.append(Opened(life.person.no, case.team, case.kind, now))
        life.cases += 1
        how, after = behaviour.closing(self.model, self.dice, patient=life.person.no, step=case.step, number=life.cases)
        self._at(now + after, lambda at: self._closed(life, how, at))

    def _closed(self, life: _Life, how: str, now: datetime) -> None:
        if life.state.status != "ended":
            self._hear(life, Event(EventKind.CASE, name=how), now)
        if how == "booked" and life.state.status != "ended":
            self._hear(life, Event(EventKind.EHR, name="appointment.booked"), now)

    # texts

    def _claim(self, life: _Life, ask: Ask, now: datetime) -> None:
        """Judge one due text as the sender does: it leaves, waits for its hour, or becomes a person's."""
        if life.state.status != "waiting" or life.state.step != ask.step:
            return
        person = life.person
        if person.number is None:
            self._not_sent(life, "number.none", Event(EventKind.TOUCH_FAILED, name="number.none", step=ask.step), now)
            return
        number = self._numbers.setdefault(person.number, _Number())
        answer = gate.ask(
            gate.Question(
                purpose="program",
                at=now,
                where=person.where,
                suppressed=frozenset({"all"}) if number.suppressed else frozenset(),
                consents=frozenset({self.program.consent}) if person.consented else frozenset(),
                consent_class=self.program.consent,
                sent_at=tuple(number.sent_at),
                sunday=self.sunday and windows.on_monday(life.facts.appointment_at, person.where),
                deadline=gate.deadline(life.wake_at, life.facts.appointment_at, at=now),
            )
        )
        if answer.verdict is gate.Verdict.SEND:
            self._send(life, ask, number, now)
        elif answer.verdict is gate.Verdict.HOLD and answer.until is not None:
            self._at(answer.until, lambda at: self._claim(life, ask, at))
        elif answer.verdict is gate.Verdict.BLOCK:
            self._not_sent(life, answer.rule, Event(EventKind.TOUCH_BLOCKED, name=answer.rule, step=ask.step), now)
        else:
            self._not_sent(life, answer.rule, Event(EventKind.TOUCH_FAILED, name=answer.rule, step=ask.step), now)

    def _not_sent(self, life: _Life, rule: str, event: Event, now: datetime) -> None:
        self.run.refused[rule] = self.run.refused.get(rule, 0) + 1
        self._hear(life, event, now)

    def _send(self, life: _Life, ask: Ask, number: _Number, now: datetime) -> None:
        person = life.person
        try:
            body = self._body(life, ask.text, first=not number.texted)
        except texts.Untranslated:
            self._not_sent(
                life, "language.no_text", Event(EventKind.TOUCH_BLOCKED, name="language", step=ask.step), now
            )
            return
        number.texted = True
        number.sent_at.append(now)
        self.run.sent.append(Sent(person.no, ask.step, ask.touch, now, segments.count(body).segments))
        whose = behaviour.Text(person.no, ask.step, ask.touch)
        arrives = now + behaviour.delivery(self.model, self.dice, whose)
        if person.dead:
            self._at(
                arrives,
                lambda at: self._not_sent(
                    life, "provider.30005", Event(EventKind.TOUCH_FAILED, name="provider.30005", step=ask.step), at
                ),
            )
            return
        self._at(arrives, lambda at: self._hear(life, Event(EventKind.DELIVERED, step=ask.step), at))
        reply = behaviour.reply(self.model, self.dice, whose)
        if reply is not None:
            self._at(arrives + reply.after, lambda at: self._reply(life, reply.say, at))

    def _body(self, life: _Life, key: str, *, first: bool) -> str:
        language = life.person.language
        values = dict(CLINIC)
        if life.facts.appointment_at is not None:
            values["when"] = texts.when_label(life.facts.appointment_at, windows.zones(life.person.where)[0], language)
        said = self.program.say(key, language, **values)
        return f"{said} {texts.say('intro', language, **CLINIC)}" if first else said

    # replies

    def _reply(self, life: _Life, words: str, now: datetime) -> None:
        """Read as an inbound text is read, escalation first."""
        self.run.said.append(Said(life.person.no, now, words))
        reading = self._reading(life, words, now)
        if reading.urgency in FLAGGED:
            self.run.opened.append(Opened(life.person.no, "clinical", "clinical", now))
            self._hear(life, Event(EventKind.INTERRUPT, name="clinical"), now)
        elif reading.opt_out or "wrong_number" in reading.intents:
            self._stop(life, "opted_out" if reading.opt_out else "wrong_number", now)
        elif reading.review and reading.choice is None:
            self._person(life, now)
        else:
            effects = self._hear(life, Event(EventKind.REPLY, intents=reading.intents, choice=reading.choice), now)
            if any(isinstance(effect, Unmatched) for effect in effects):
                self._person(life, now)

    def _person(self, life: _Life, now: datetime) -> None:
        self.run.opened.append(Opened(life.person.no, "front_office", "review", now))

    def _stop(self, life: _Life, reason: str, now: datetime) -> None:
        """An opt-out belongs to the number: everybody on it stops."""
        number = life.person.number
        if number is None:
            return
        self._numbers[number].suppressed = True
        for other in self._lives.values():
            if other.person.number == number and other.state.status != "ended":
                self._hear(other, Event(EventKind.INTERRUPT, name=reason), now)

    def _reading(self, life: _Life, words: str, now: datetime) -> Reading:
        step = self.program.steps.get(life.state.step or "")
        context = step.context if isinstance(step, AskStep) else None
        key = (words, context)
        if key not in self._read:
            local = now.astimezone(ZoneInfo(windows.zones(life.person.where)[0])).replace(tzinfo=None)
            self._read[key] = understanding.read(words, context=context, ref=local)
        return self._read[key]
