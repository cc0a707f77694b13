"""The virtual clock: every event of every modelled enrollment in order of time, through the real engine and the real gate."""

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from workflows import engine, floor, gate, going_by, segments, texts, understanding, windows
from workflows.effects import Ask, Asked, Book, CancelPending, End, Event, EventKind, Offer, OpenCase, Result, Unmatched
from workflows.programs.model import AskStep, Program, SendStep
from workflows.simulation import behaviour
from workflows.simulation.behaviour import Behaviour, Dice
from workflows.simulation.life import ASKING, Life, Number, Planned, facts
from workflows.simulation.people import Person
from workflows.simulation.record import Opened, Run, Said, Sent
from workflows.understanding import Reading, Urgency

FLAGGED = frozenset({Urgency.EMERGENCY, Urgency.URGENT, Urgency.CLINICAL})
VALUES = {"clinic": "Your Clinic", "phone": "555-0100", "link": "https://your.clinic/f/AbCdEfGhIjKlMnOpQrStUv"}
SLOTS = "1 = Tue Dec 1, 3:00 pm, 2 = Wed Dec 2, 9:30 am, 3 = Thu Dec 3, 1:00 pm"
HORIZON = timedelta(days=400)
BOOKING = timedelta(minutes=1)  # the EHR is asked and read back
NO_MESSAGE = UUID(int=0)


class Simulation:
    """One program over these people. Deterministic: the same model, seed and starts give the same run."""

    def __init__(self, program: Program, model: Behaviour, seed: int, *, sunday: bool = False) -> None:
        self.program, self.model, self.dice, self.sunday = program, model, Dice(seed), sunday
        self.run = Run()
        self._numbers: dict[str, Number] = {}
        self._sharing: dict[str, list[Life]] = {}  # by number; who has none shares nothing
        self._queue: list[tuple[datetime, bool, datetime, int, int, Callable[[datetime], object]]] = []
        self._behind: dict[str | None, list[Planned]] = {}  # texts that wait behind a question, by number
        self._order = 0
        self._read: dict[tuple[str, str | None, object], Reading] = {}

    def enrol(self, person: Person, at: datetime, *, appointment_at: datetime | None = None) -> None:
        """The patient's enrollment starts at `at` (UTC)."""
        life = Life(person, facts(person, started=at, appointment_at=appointment_at))
        if person.number is not None:
            self._sharing.setdefault(person.number, []).append(life)
        self._at(at, life, lambda now: self._hear(life, Event(EventKind.STARTED), now))

    def play(self) -> Run:
        """Run until nothing is left to happen (or 400 days have passed: a program that never ends is its own finding)."""
        last = self._queue[0][0] + HORIZON if self._queue else None
        while self._queue and last is not None and self._queue[0][0] <= last:
            at, *_, what = heapq.heappop(self._queue)
            what(at)
        return self.run

    def _at(self, when: datetime, life: Life, what: Callable[[datetime], object]) -> None:
        """Of one instant what happens comes before what leaves, and who was enrolled first before the others, as it is live."""
        self._order += 1
        heapq.heappush(self._queue, (when, False, when, life.person.no, self._order, what))

    def _hear(self, life: Life, event: Event, now: datetime) -> Result:
        """One event: the engine decides, the effects are carried out, the next look is set."""
        before = life.state
        result = engine.step(self.program, before, event, now=now, facts=life.facts)
        if result.state.step != life.state.step:
            life.now_asking(None)
        life.state, life.turn, life.wake_at = result.state, life.turn + 1, result.wake_at
        for effect in result.effects:
            self._carry_out(life, effect, now)
        if before.reach in ASKING and floor.is_over(before, result.state):
            self._free(life.person, now)
        if result.wake_at is not None:
            turn = life.turn
            self._at(max(result.wake_at, now), life, lambda at: self._timer(life, turn, at))
        return result

    def _timer(self, life: Life, turn: int, now: datetime) -> None:
        if life.turn == turn:
            self._hear(life, Event(EventKind.TIMER), now)

    def _carry_out(self, life: Life, effect: object, now: datetime) -> None:
        match effect:
            case Ask():
                life.planned += 1
                self._plan(Planned(life, effect, life.planned, since=now), now)
            case CancelPending():
                life.revoked = life.planned
            case Book():
                self._at(now + BOOKING, life, lambda at: self._hear(life, Event(EventKind.BOOKED), at))
            case OpenCase():
                self._open(life, effect, now)
            case End():
                self.run.ended[life.person.no] = (effect.outcome, now)
                life.open_cases.clear()
            case Offer() | _:
                pass  # modelled clinics always have free times; the rest is in the state

    def _open(self, life: Life, case: OpenCase, now: datetime) -> None:
        number = life.opens(case)
        if number is None:
            return
        self.run.opened.append(Opened(life.person.no, case.team, case.kind, now))
        how, after = behaviour.closing(self.model, self.dice, patient=life.person.no, kind=case.kind, number=number)
        self._at(now + after, life, lambda at: self._closed(life, number, how, at))

    def _closed(self, life: Life, number: int, how: str, now: datetime) -> None:
        """Staff close it, unless it has closed by itself; a number that they put right is a number again."""
        kind = life.open_cases.pop(number, None)
        if kind == "missing_contact" and how == behaviour.RIGHT:
            phone = self._number(life.person)
            phone.dead = phone.lost = False
        if kind is not None:
            self._hear(life, Event(EventKind.CASE, name=how), now)

    # texts

    def _plan(self, text: Planned, at: datetime) -> None:
        """Judge this text then, and not before; of those judged at one instant the one planned first comes first."""
        text.life.due[text.number] = at
        self._order += 1
        item = (at, True, text.since, text.life.person.no, self._order, lambda now: self._claim(text, now))
        heapq.heappush(self._queue, item)

    def _free(self, person: Person, now: datetime) -> None:
        """A question is over: what waited behind it is judged anew."""
        for text in self._behind.pop(person.number, []):
            if text.number in text.life.due:
                self._plan(text, now)

    def _claim(self, text: Planned, now: datetime) -> None:
        """Judge one due text as the sender does: it leaves, waits for its hour, or becomes a person's."""
        life, ask = text.life, text.ask
        if life.due.get(text.number) != now:
            return
        del life.due[text.number]
        if text.number <= life.revoked or not self._current(life, ask):
            return
        gone = "number.none" if life.person.number is None else "number.not_textable"
        if life.person.number is None or self._number(life.person).lost:
            self._not_sent(life, gone, Event(EventKind.TOUCH_FAILED, name=gone, step=ask.step), now)
            return
        answer = self._judge(life, ask, now)
        if answer.verdict is gate.Verdict.SEND:
            self._send(life, ask, now)
        elif answer.verdict is gate.Verdict.HOLD and answer.until is not None:
            self._plan(text, answer.until)
            if answer.rule == floor.OPEN:
                self._behind.setdefault(life.person.number, []).append(text)
        else:
            kind = EventKind.TOUCH_BLOCKED if answer.verdict is gate.Verdict.BLOCK else EventKind.TOUCH_FAILED
            self._not_sent(life, answer.rule, Event(kind, name=answer.rule, step=ask.step), now)

    def _judge(self, life: Life, ask: Ask, now: datetime) -> gate.Answer:
        """The gate's answer, or a later one while somebody else is asked on this number; answers to the patient never wait."""
        answer = gate.ask(self._question(life, ask, now))
        if ask.answer:
            return answer
        step, priority = self.program.steps[ask.step], self.program.priority
        bound = isinstance(step, AskStep | SendStep) and step.at is not None
        asked = [one.question(priority, now) for one in self._sharing.get(life.person.number or "", [])]
        kept = floor.Floor([one for one in asked if one is not None]).keeps_back(
            floor.Wanting(
                life.person.no, life.person.no, life.person.number, priority, bound=bound,
                visit_at=life.facts.appointment_at, asks=isinstance(step, AskStep),
            )
        )  # fmt: skip
        return kept if kept is not None and floor.waits_longer(kept, answer) else answer

    def _current(self, life: Life, ask: Ask) -> bool:
        asks_nothing = isinstance(self.program.steps.get(ask.step), SendStep)
        return asks_nothing or (life.state.status == "waiting" and life.state.step == ask.step)

    def _question(self, life: Life, ask: Ask, now: datetime) -> gate.Question:
        person, number = life.person, self._number(life.person)
        return gate.Question(
            purpose="answer" if ask.answer else "program",
            at=now,
            where=person.where,
            suppressed=frozenset({"all"}) if number.suppressed else frozenset(),
            consents=frozenset({self.program.consent}) if person.consented else frozenset(),
            consent_class="care" if ask.answer else self.program.consent,
            answers_at=now if ask.answer else None,
            sent_at=tuple(number.sent_at),
            sunday=self.sunday and windows.on_monday(life.facts.appointment_at, person.where),
            deadline=gate.deadline(life.wake_at, life.facts.appointment_at, at=now),
        )

    def _number(self, person: Person) -> Number:
        return self._numbers.setdefault(person.number or "", Number(dead=person.dead))

    def _not_sent(self, life: Life, rule: str, event: Event, now: datetime) -> None:
        self.run.refused[rule] = self.run.refused.get(rule, 0) + 1
        self._hear(life, event, now)

    def _send(self, life: Life, ask: Ask, now: datetime) -> None:
        person, number = life.person, self._number(life.person)
        try:
            body = self._body(life, ask, first=not number.texted)
        except texts.Untranslated:
            blocked = Event(EventKind.TOUCH_BLOCKED, name="language", step=ask.step)
            self._not_sent(life, "language.no_text", blocked, now)
            return
        number.texted = True
        if not ask.answer:
            number.sent_at.append(now)
        self.run.sent.append(Sent(person.no, ask.step, ask.touch, now, segments.count(body).segments))
        whose = behaviour.Text(person.no, ask.step, ask.touch)
        arrives = now + behaviour.delivery(self.model, self.dice, whose)
        if life.state.step == ask.step:
            life.now_asking(None, settles_at=now + going_by.PRESUMED)
        if number.dead:
            self._at(arrives, life, lambda at: self._failed(life, ask, at))
            return
        self._at(arrives, life, lambda at: self._delivered(life, ask, at))
        reply = behaviour.reply(self.model, self.dice, whose)
        if reply is not None:
            self._at(arrives + reply.after, life, lambda at: self._reply(life, reply.say, at))

    def _failed(self, life: Life, ask: Ask, now: datetime) -> None:
        self._number(life.person).lost = True
        failed = Event(EventKind.TOUCH_FAILED, name="provider.30005", step=ask.step)
        self._not_sent(life, "provider.30005", failed, now)

    def _delivered(self, life: Life, ask: Ask, now: datetime) -> None:
        if life.state.step == ask.step:
            life.now_asking(now, settles_at=now)
        self._hear(life, Event(EventKind.DELIVERED, step=ask.step), now)

    def _body(self, life: Life, ask: Ask, *, first: bool) -> str:
        language, zone = life.person.language, windows.zones(life.person.where)[0]
        when = life.facts.appointment_at or life.facts.trigger_at
        values = VALUES | {"slots": SLOTS} | ({"when": texts.when_label(when, zone, language)} if when else {})
        wanted = texts.placeholders(texts.variant(self.program.texts.get(ask.text, {}), ask.text, language))
        said = self.program.say(ask.text, language, **values | dict.fromkeys(wanted - values.keys(), "visit"))
        return f"{said} {texts.say('intro', language, **values)}" if first else said

    # replies

    def _reply(self, life: Life, words: str, now: datetime) -> None:
        """Read as an inbound text is read, escalation first."""
        self.run.said.append(Said(life.person.no, now, words))
        reading = self._reading(life, words, now)
        if reading.urgency in FLAGGED:
            self._person(life, now, team="clinical", kind="clinical")
            self._interrupt(life, "clinical", now)
        elif reading.opt_out or "wrong_number" in reading.intents:
            self._number(life.person).suppressed = True
            self._interrupt(life, "opted_out" if reading.opt_out else "wrong_number", now)
        elif (reading.review and reading.choice is None) or life.state.status == "ended":
            self._person(life, now)
        else:
            self._answer(life, reading, now)

    def _answer(self, life: Life, reading: Reading, now: datetime) -> None:
        zone = ZoneInfo(windows.zones(life.person.where)[0])
        when = reading.when
        asked = Asked(
            label=when.label() if when else None,
            start=when.start.replace(tzinfo=zone) if when else None,
            end=when.end.replace(tzinfo=zone) if when else None,
            message_id=NO_MESSAGE,
        )
        event = Event(EventKind.REPLY, intents=reading.intents, choice=reading.choice, score=reading.score, asked=asked)
        if any(isinstance(effect, Unmatched) for effect in self._hear(life, event, now).effects):
            self._person(life, now)

    def _person(self, life: Life, now: datetime, *, team: str = "front_office", kind: str = "review") -> None:
        self.run.opened.append(Opened(life.person.no, team, kind, now))

    def _interrupt(self, life: Life, reason: str, now: datetime) -> None:
        """An opt-out and a symptom belong to the number: whoever answers it stands still."""
        for other in self._sharing.get(life.person.number or "", [life]):
            if other.state.status != "ended":
                self._hear(other, Event(EventKind.INTERRUPT, name=reason), now)

    def _reading(self, life: Life, words: str, now: datetime) -> Reading:
        step = self.program.steps.get(life.state.step or "")
        context = step.context if isinstance(step, AskStep) else None
        local = now.astimezone(ZoneInfo(windows.zones(life.person.where)[0])).replace(tzinfo=None)
        key = (words, context, local.date())
        if key not in self._read:
            self._read[key] = understanding.read(words, context=context, ref=local)
        return self._read[key]
