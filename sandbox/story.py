"""The main job, played over HTTP as staff, patients and the EHR would, and checked where each of them would look.

Slack, phones and EHR are read through their own addresses; the database through `app.py why --json`, and for whether anything is due.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import httpx

from core import clock
from sandbox.clinic import Person
from sandbox.phones.messages import FINAL

if TYPE_CHECKING:
    from sandbox.demo import Demo

PATIENCE_S = 30.0  # what takes a second takes ten on a busy machine
Json = dict[str, Any]
Say = Callable[[str], None]


class Failed(Exception):
    """A check did not hold within its time."""


@dataclass
class Stage:
    """The actor's hands and eyes: everything by HTTP."""

    demo: "Demo"
    say: Say
    checks: int = 0
    failed: int = 0
    step: str = ""
    kept: dict[str, str] = field(default_factory=dict)
    told: dict[str, list[Json]] = field(
        default_factory=dict
    )  # what `why` said since the last act; asked again when a check waits
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=15))

    # hands

    def post(self, path: str, body: Json) -> Json:
        """Do something at the sandbox; a refusal is a failed step."""
        self.told.clear()
        answer = self.http.post(f"{self.demo.config.url}{path}", json=body)
        if answer.status_code >= 400:
            raise Failed(f"{path} answered {answer.status_code}")
        found: Json = answer.json() if answer.content else {}
        return found

    def text(self, person: Person, body: str) -> Json:
        """The patient writes."""
        return self.post("/act/phones/text", {"from_number": person.number, "body": body})

    def click(self, user: str, card: Json, action: str, **also: Any) -> Json:
        """Staff press a button on a card; with `stale_blocks` one that was on it a moment ago."""
        return self.post(
            "/act/slack/click", {"user": user, "channel": card["channel"], "ts": card["ts"], "action_id": action} | also
        )

    def jump(self, to: datetime) -> None:
        """Move the clinic's clock forward, once what was due is done and every text has arrived: a program waits from then on."""
        self.hold(
            "something is still due, or a text on its way", lambda: self.demo.is_at_rest() and self._all_arrived()
        )
        self.post("/act/clock", {"jump_to": to.isoformat()})

    def undone_no_more(self) -> None:
        """Let the minute pass in which a closing can be taken back: what follows from it, follows then."""
        self.jump(datetime.fromisoformat(self.state()["clock"]["now"]) + timedelta(seconds=75))

    def local(self, days: int, hour: int, minute: int = 0) -> datetime:
        """A wall-clock time at the clinic, `days` after the demo's first Monday."""
        zone = ZoneInfo(self.demo.clinic.organisation.zone)
        first = self.demo.clinic.start
        return datetime(first.year, first.month, first.day, hour, minute, tzinfo=zone) + timedelta(days=days)

    # eyes

    def state(self) -> Json:
        """All that the page shows."""
        found: Json = self.http.get(f"{self.demo.config.url}/state.json").json()
        return found

    def texts(self, person: Person) -> list[Json]:
        """What the provider sent to a patient's phone, oldest first: its own list, the truth about doubles."""
        answer = self.http.get(f"{self.demo.config.url}/act/phones/messages", params={"to": person.number})
        found: list[Json] = answer.json()["messages"]
        return found[::-1]

    def _all_arrived(self) -> bool:
        """No text is with the carrier any more, and Careloop has answered every receipt of one."""
        shown = self.http.get(f"{self.demo.config.url}/act/phones/messages").json()["messages"]
        hooks = self.http.get(f"{self.demo.config.url}/act/phones/webhooks").json()["webhooks"]
        return all(text["status"] in FINAL for text in shown) and all(hook["status"] is not None for hook in hooks)

    def cards(self, team: str) -> list[Json]:
        """The messages in a team's channel, with the channel's id."""
        channel = next(one.channel for one in self.demo.clinic.teams if one.code == team)
        room = next(one for one in self.state()["slack"]["channels"] if one["id"] == channel)
        return [message | {"channel": channel} for message in room["messages"] if not message["deleted"]]

    def card(self, team: str, *words: str) -> Json | None:
        """The newest card of a channel whose blocks hold all the words."""
        shown = [card for card in self.cards(team) if card.get("blocks") and all(word in flat(card) for word in words)]
        return shown[-1] if shown else None

    def whispers(self, user: str) -> list[str]:
        """What only this person sees."""
        rooms = self.state()["slack"]["channels"]
        return [str(m["text"]) for room in rooms for m in room["messages"] if m["ephemeral_to"] == user]

    def fhir(self, path: str, **params: str) -> Json:
        """Read the chart as another system would."""
        headers = {"Authorization": f"Bearer {self.demo.config.ehr_token}"}
        found: Json = self.http.get(f"{self.demo.config.url}/fhir/{path}", params=params, headers=headers).json()
        return found

    def found(self, kind: str, **params: str) -> list[Json]:
        """A FHIR search's matches."""
        return [entry["resource"] for entry in self.fhir(kind, **params).get("entry", [])]

    def stories(self, person: Person) -> list[Json]:
        """What Careloop wrote down about all of a patient's enrollments, oldest first."""
        if person.patient not in self.told:
            self.told[person.patient] = self.demo.why(person.patient)
        return self.told[person.patient]

    def why(self, person: Person, program: str) -> Json:
        """The first enrollment of a patient in a program."""
        stories = [story for story in self.stories(person) if story["program"] == program]
        if not stories:
            raise Failed(f"there is no {program} enrollment")
        return stories[0]

    # verdicts

    def check(self, what: str, look: Callable[[], Any], *, within_s: float = PATIENCE_S) -> Any:
        """Hold that `look` becomes true within its time, and say so; otherwise the step fails, by name."""
        found = self.hold(what, look, within_s=within_s)
        self.checks += 1
        self.say(f"    ✓ {what}")
        return found

    def hold(self, what: str, look: Callable[[], Any], *, within_s: float = PATIENCE_S) -> Any:
        """Wait until `look` is true; when its time is over the step fails, by name."""
        until = clock.monotonic() + within_s
        last: Exception | None = None
        while True:
            try:
                found = look()
                last = None
            except (Failed, KeyError, IndexError, StopIteration, httpx.HTTPError) as error:
                found, last = None, error
            if found:
                return found
            if clock.monotonic() > until:
                raise Failed(what + (f" ({last})" if isinstance(last, Failed) else ""))
            self.told.clear()
            clock.pause(0.1)

    def never(self, what: str, look: Callable[[], Any], *, for_s: float) -> None:
        """Hold that `look` stays false for a while."""
        until = clock.monotonic() + for_s
        while clock.monotonic() < until:
            if look():
                raise Failed(what)
            clock.pause(0.1)
        self.checks += 1
        self.say(f"    ✓ {what}")


def flat(card: Json) -> str:
    """All words of a card, for looking."""
    return str(card.get("blocks")) + str(card.get("text"))


def prologue(demo: "Demo") -> None:
    """The first demo opens on a card to claim: a missed visit, and a patient who asks for next Tuesday."""
    stage = Stage(demo, say=lambda _: None)
    person = demo.clinic.people["close"]
    with stage.http:
        to_the_missed_visits(stage)
        stage.post("/act/ehr/no_show", {"appointment": person.appointment})
        stage.check("the text after the missed visit", lambda: len(stage.texts(person)) >= 3)
        stage.text(person, "can we do next tues afternoon?")
        stage.check("a card to claim", lambda: stage.card("patient_access", "Offer new times"))


def to_the_missed_visits(stage: Stage) -> None:
    """From Monday morning to Thursday 14:10, with the reminders of the days before."""
    demo = stage.demo
    everyone = demo.clinic.people.values()
    stage.check("the EHR was read", lambda: all(len(stage.stories(one)) == 1 for one in everyone), within_s=60)
    stage.jump(stage.local(0, 9, 5))
    quiet = ("no_phone", "landline", "no_consent", "shared_one", "shared_two")  # two at one number share its texts
    reminded = [person for role, person in demo.clinic.people.items() if role not in quiet]
    stage.check("Monday: the reminders three days before", lambda: all(len(stage.texts(p)) == 1 for p in reminded))
    unasked = [demo.clinic.people[role] for role in ("no_consent", "landline")]
    stage.check("none to who did not agree or has a landline", lambda: not any(stage.texts(p) for p in unasked))
    missing = [demo.clinic.people[role].name for role in ("no_consent", "landline", "no_phone")]
    stage.check("who cannot be texted has a card", lambda: all(stage.card("patient_access", name) for name in missing))
    joan = demo.clinic.people["attends"]
    stage.text(joan, "1")
    stage.check("who answered 1 is thanked", lambda: "see you" in stage.texts(joan)[-1]["body"])
    reminded.remove(joan)
    stage.jump(stage.local(2, 9, 5))
    stage.check("Wednesday: the reminders the day before", lambda: all(len(stage.texts(p)) == 2 for p in reminded))
    both = demo.clinic.people["shared_one"]
    stage.check(
        "one text for two visits at one number",
        lambda: ["2 visits" in t["body"] for t in stage.texts(both)] == [True] * 2,
    )
    stage.jump(stage.local(3, 14, 10))


def play(demo: "Demo", *, say: Say) -> int:
    """Play every scene; 0 when all checks held, 1 with the name of the step that did not."""
    from sandbox.scenes import SCENES

    stage = Stage(demo, say=say)
    began = clock.monotonic()
    with stage.http:
        for number, scene in enumerate(SCENES, start=1):
            stage.step = (scene.__doc__ or scene.__name__).splitlines()[0].rstrip(".")
            say(f"{number:2}. {stage.step}")
            try:
                scene(stage)
            except Failed as verdict:
                stage.failed += 1
                say(f"    ✗ {verdict}")
                say(f"demo: step {number} failed: {stage.step}: {verdict}")
                break
    say(f"checks: {stage.checks} in {clock.monotonic() - began:.0f} s")
    say(f"demo: {len(SCENES)} steps, {stage.failed} failed")
    return 1 if stage.failed else 0
