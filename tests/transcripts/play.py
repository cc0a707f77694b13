"""One scene, played: the real engine, the real texts and the real reading of what the patient writes; no database, no time passing."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from tests.transcripts.script import ZONE, Scene, Script, Turn
from workflows import business_time, engine, inbound, texts, understanding, windows
from workflows.effects import Asked, Event, EventKind, Facts
from workflows.engine import Ask, Book, End, Enter, Leave, Offer, OpenCase, Pause, Result, Unmatched
from workflows.places import Where
from workflows.programs.model import AskStep, BranchStep, Program
from workflows.understanding import Reading, Urgency

HERE = Where(None, "60601", "IL", ZONE.key, "+13125550101")
CLINIC = {"clinic": "Lakeside Clinic", "phone": "312-555-0100"}
LINK = "https://care.example/f/k3v9Q2mZ7tR5xW8nB4cL6hJ1pS0d"
REPLIES_AFTER, STAFF_AFTER = timedelta(minutes=10), timedelta(minutes=45)
NOBODY = UUID(int=0)  # nothing is stored here
SLOTS = ((1, 9, 0), (1, 14, 30), (2, 11, 0))


@dataclass(frozen=True)
class Line:
    """Who did what when: us, patient, staff, EHR, end."""

    at: datetime
    who: str
    what: str


class Play:
    """One enrollment; `walked` are the edges of the program that it took."""

    def __init__(self, program: Program, script: Script, scene: Scene, *, language: str) -> None:
        self.program, self.language, self.nothing_free_from = program, language, scene.nothing_free_from
        self.now, self.state = script.starts, engine.NEW
        self.facts = Facts(
            appointment_at=script.anchors.get("appointment"),
            next_open=lambda after, days: windows.next_day_open(HERE, after, days),
            next_business=lambda after, days: windows.next_business_open(HERE, after, days),
            discharge_at=script.anchors.get("discharge"),
            due_at=script.anchors.get("due"),
            trigger_at=script.starts,
        )
        self.lines: list[Line] = []
        self.walked: set[str] = set()
        self._wake: datetime | None = None
        self._first = True
        self._offers = 0
        self._left = ("", "")
        self._feed(Event(EventKind.STARTED))
        self._rouse()

    def fork(self) -> "Play":
        """The same up to here, to go on another way."""
        other = copy.copy(self)
        other.lines, other.walked = list(self.lines), set(self.walked)
        return other

    def take(self, turn: Turn) -> None:
        """Let one thing happen."""
        if turn == "silence":
            self._silence()
        elif isinstance(turn, str) or "en" in turn:
            self._patient(turn if isinstance(turn, str) else turn[self.language])
        else:
            ((kind, value),) = turn.items()
            happens: dict[str, Callable[[Any], None]] = {
                "staff": self._staff, "ehr": self._ehr, "form": self._form, "book": self._book, "touch": self._touch,
                "operator": self._operator,
            }  # fmt: skip
            happens[kind](value)
        self._rouse()

    # what may happen

    def _patient(self, words: str) -> None:
        self.now += REPLIES_AFTER
        self._say("patient", words)
        step = self.program.steps.get(self.state.step or "")
        context = step.context if isinstance(step, AskStep) else None
        reading = understanding.read(words, context=context, ref=self.now.astimezone(ZONE).replace(tzinfo=None))
        if reading.opt_out:
            self._feed(Event(EventKind.INTERRUPT, name="opted_out"))
            self._own("opt_out")
        elif reading.urgency.weight >= Urgency.CLINICAL.weight:
            self._flag(reading)
        elif reading.review and reading.choice is None:
            self._say("staff", "Case for front office: read a reply and decide")
            self._own("person_ack")
        else:
            self._answered(reading)

    def _answered(self, reading: Reading) -> None:
        asked = Asked(None, _utc(reading.when.start), _utc(reading.when.end), NOBODY) if reading.when else None
        before = len(self.lines)
        result = self._feed(
            Event(EventKind.REPLY, intents=reading.intents, choice=reading.choice, score=reading.score, asked=asked)
        )
        if any(isinstance(effect, Unmatched) for effect in result.effects):
            self._say("staff", "Case for front office: read a reply and decide")
        elif not any(line.who == "us" for line in self.lines[before:]) and (key := inbound.acknowledgement(result)):
            self._own(key)

    def _flag(self, reading: Reading) -> None:
        emergency = reading.urgency is Urgency.EMERGENCY
        self._feed(Event(EventKind.INTERRUPT, name="clinical"))
        self._own("emergency" if emergency else "urgent_ack" if reading.urgency is Urgency.URGENT else "clinical_ack")
        self._say("staff", f"Case for clinical: {'red flag' if emergency else 'clinical'} ({reading.urgency.value})")

    def _silence(self) -> None:
        """Time passes to whatever is due next; the text of before has arrived."""
        assert self._wake is not None, f"nothing is due in {self.state.step}"
        asks = isinstance(self.program.steps[self.state.step or ""], AskStep)
        self._say("time", "passes without an answer" if asks else "passes")
        self.now = max(self._wake, self.now)
        self._feed(Event(EventKind.TIMER))

    def _staff(self, disposition: str) -> None:
        self.now += STAFF_AFTER
        self._say("staff", f"closes the case: {disposition.replace('_', ' ')}")
        self._feed(Event(EventKind.CASE, name=disposition))

    def _operator(self, verb: str) -> None:
        self.now += STAFF_AFTER
        self._say("staff", f"closes the clinical case; the program may {verb.replace('resume', 'go on')}")
        self._feed(Event(EventKind.OPERATOR, name=verb))

    def _ehr(self, event: str) -> None:
        self.now += STAFF_AFTER
        self._say("EHR", event)
        self._feed(Event(EventKind.EHR, name=event))

    def _form(self, answers: dict[str, str]) -> None:
        self.now += REPLIES_AFTER
        said = ", ".join(f"{name}: {value}" for name, value in answers.items()) or "sent in"
        self._say("patient", f"[fills out the form: {said}]")
        step = self.program.steps[self.state.step or ""]
        code = step.form if isinstance(step, AskStep) and step.form else "intake"
        self._feed(Event(EventKind.FORM, name=code, answers=answers))
        self.facts = replace(self.facts, answers={**self.facts.answers, **answers})

    def _book(self, how: str) -> None:
        chosen = self._slots()[(self.state.choice or 1) - 1]
        if how == "booked":
            self._say("EHR", f"books {texts.when_label(chosen, ZONE.key, 'en')}")
            self._own("booked", when=texts.when_label(chosen, ZONE.key, self.language))
        else:
            self._say("EHR", f"{texts.when_label(chosen, ZONE.key, 'en')} is taken")
        self._feed(Event(EventKind.BOOKED if how == "booked" else EventKind.SLOT_TAKEN))

    def _touch(self, how: str) -> None:
        """The text did not leave (a cap or window: "blocked") or did not arrive ("failed")."""
        self._say("us", f"[the text {'may not leave now' if how == 'blocked' else 'does not arrive'}]")
        kind = EventKind.TOUCH_BLOCKED if how == "blocked" else EventKind.TOUCH_FAILED
        self.facts = replace(self.facts, delivered_at=None)
        self._feed(Event(kind, name="cap.week" if how == "blocked" else "provider.30005", step=self.state.step))

    # what comes of it

    def _feed(self, event: Event) -> Result:
        result = engine.step(self.program, self.state, event, now=self.now, facts=self.facts)
        self.state, self._wake = result.state, result.wake_at
        offered = True
        for effect in result.effects:
            match effect:
                case Offer():
                    offered = self.nothing_free_from is None or self._offers < self.nothing_free_from
                    self._offers += 1
                case Ask() if offered:
                    self._text(effect)
                case OpenCase():
                    due = business_time.due(effect.due, self.now, ZONE.key)
                    words = f"{effect.kind.replace('_', ' ')}, due {texts.when_label(due, ZONE.key, 'en')}"
                    self._say("staff", f"Case for {effect.team.replace('_', ' ')}: {words}")
                case End():
                    self._say("end", effect.outcome.replace("_", " "))
                case Pause():
                    self._say("us", "[texts are paused until a person has looked]")
                case Leave():
                    self._left = (effect.step, effect.how)
                case Enter():
                    self._walk(effect.step)
                case Book() | _:
                    pass
        if not offered:
            self._feed(Event(EventKind.NO_SLOTS, step=self.state.step))
        return result

    def _rouse(self) -> None:
        """What is bound to a time waits for it: go there, so that the patient has something to answer."""
        step = self.program.steps.get(self.state.step or "")
        if self.state.status == "waiting" and isinstance(step, AskStep) and self.state.reach is None and self._wake:
            self.now = max(self._wake, self.now)
            self._feed(Event(EventKind.TIMER))

    def _text(self, ask: Ask) -> None:
        values = dict(CLINIC) | {"link": LINK, "visit": texts.visit_words("follow-up", self.language)}
        if self.facts.appointment_at:
            values["when"] = texts.when_label(self.facts.appointment_at, ZONE.key, self.language)
        step = self.program.steps[ask.step]
        if isinstance(step, AskStep) and step.slots:
            times = self._slots()[: step.slots]
            labels = [texts.when_label(at, ZONE.key, self.language) for at in times]
            values["slots"] = ", ".join(f"{n} = {label}" for n, label in enumerate(labels, start=1))
        said = self.program.say(ask.text, self.language, **values)
        if self._first:
            said = f"{said} {texts.say('intro', self.language, **CLINIC)}"
        self._first = False
        self._say("us", said)
        self.facts = replace(self.facts, delivered_at=self.now)

    def _own(self, key: str, **values: str) -> None:
        known = dict(CLINIC) | {"by": texts.when_label(self.now + timedelta(hours=2), ZONE.key, self.language)} | values
        if self.facts.appointment_at and "when" not in known:
            known["when"] = texts.when_label(self.facts.appointment_at, ZONE.key, self.language)
        self._say("us", texts.say(key, self.language, **known))

    def _slots(self) -> list[datetime]:
        """Free times of the coming days, as an EHR might have them."""
        days = [business_time.due(f"{later} business days", self.now, ZONE.key) for later, _, _ in SLOTS]
        return [
            day.astimezone(ZONE).replace(hour=hour, minute=minute).astimezone(UTC)
            for day, (_, hour, minute) in zip(days, SLOTS, strict=True)
        ]

    def _say(self, who: str, what: str) -> None:
        self.lines.append(Line(self.now, who, what))

    def _walk(self, entered: str) -> None:
        step, how = self._left
        if not step:
            return
        kind, _, name = how.partition(".")
        found = self.program.steps[step]
        on, then = getattr(found, "on", {}), f"steps.{step}.{'silence' if isinstance(found, AskStep) else 'then'}"
        if isinstance(found, BranchStep):
            arms = [index for index, arm in enumerate(found.when) if arm.to == entered]
            self.walked |= {f"steps.{step}.when.{index}.to" for index in arms} or {f"steps.{step}.otherwise"}
        elif kind == "case" and isinstance(found, AskStep):
            self.walked.add(f"touch_blocked.on.{name}")
        elif (key := {"slot_taken": "taken"}.get(how, name if kind in ("reply", "case") else how)) in on:
            self.walked.add(f"steps.{step}.on.{key}")
        else:
            self.walked.add(then)


def _utc(local: datetime) -> datetime:
    return local.replace(tzinfo=ZONE).astimezone(UTC)
