"""The world of a journey: Slack, phones and EHR over loopback HTTP, Careloop's real web, and its jobs done when their bells ring."""

import copy
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from click import Command
from click.testing import CliRunner
from fastapi import FastAPI
from sqlalchemy import update
from sqlalchemy.orm import Session

from handlers import http, jobs, processes
from handlers.cli import organisation, why
from handlers.cli.root import Root
from handlers.effects.slack import known_channels
from sandbox import app as sandbox
from sandbox.clinic import Person
from sandbox.ehr import Chart
from sandbox.phones import Carrier
from sandbox.phones.shelf import Query
from sandbox.slack import Workspace
from sandbox.tls import TLS
from storage import outbox
from storage.outbox import Lane, Topic
from storage.tables import Organisation
from tests.business_clock import KeptClock, set_business_time
from tests.kept import line
from tests.theatre import STRANGER, VIEWER, Theatre, people, wait_until, write_facts
from tests.watch.plugin import judge_world
from workflows import accounts

Json = dict[str, Any]
BRUNO, CHLOE, AMINA, DIEGO = "U0BRUNO0002", "U0CHLOE0003", "U0AMINA0001", "U0DIEGO0004"
ELENA, FRANK, GRETA, VERA, OLGA = "U0ELENA0005", "U0FRANK0006", "U0GRETA0007", VIEWER, STRANGER
HANNA = "U0HANNA0008"
MONDAY, THURSDAY = "monday", "thursday"  # the two scenes: 8:30 before any reminder, and 14:10 on the day of the visits
ROUNDS = 200
MORE = "More…"


@dataclass(frozen=True)
class Card:
    """A card as somebody saw it: what is on it may have changed since."""

    channel: str
    ts: str
    blocks: list[Json]
    text: str

    def __contains__(self, words: str) -> bool:
        return words in self.words

    @property
    def words(self) -> str:
        """All its words, the preview's too."""
        return f"{self.blocks} {self.text}"

    def control(self, label: str) -> tuple[str, str] | None:
        """(action id, value) of the button or menu entry with this label; None when it is not offered."""
        for block in self.blocks:
            for element in block.get("elements", []) if block["type"] == "actions" else []:
                for choice in element.get("options", [element]):
                    if choice.get("text", {}).get("text") == label:
                        return element["action_id"], choice["value"]
        return None


class World:
    """A clinic on the day of the visits, with nothing sent yet. Acts are followed by the jobs they ring for, unless `attended` is off."""

    def __init__(self, theatre: Theatre, scene: str | None) -> None:
        self.theatre, self.clinic, self.deps = theatre, theatre.clinic, theatre.deps
        self.attended = True
        begins = theatre.local(0, 8, 30) if scene in (None, MONDAY) else theatre.local(3, 14, 10)
        set_business_time(theatre.database.owner_url, begins)
        if scene is not None:
            theatre.restore(scene)
        known_channels.clear()  # of the test before, in the same organisation
        self.clock = KeptClock(theatre.database.owner_url, zone=theatre.zone.key)
        self.clock.install(begins)
        self.slack, self.phones, self.ehr = self._vendors()
        self.http = httpx.Client(verify=TLS, base_url=theatre.vendors.url, timeout=15, trust_env=False)

    @property
    def org(self) -> UUID:
        """The one organisation."""
        return self.deps.db.orgs()[0]

    def begin(self) -> AbstractContextManager[Session]:
        """A transaction, to look at rows."""
        return self.deps.db.begin(org=self.org)

    def close(self) -> None:
        """End what is still under way, and look whether anything of a patient's got where it may not be."""
        self.phones.behave()
        wait_until(self._quiet, what="the end of what was under way")
        self.theatre.vendors.run(self.phones.aclose())
        self.theatre.vendors.run(self.ehr.aclose())
        self.http.close()
        judge_world(self.theatre.database, slack=self.slack, redis=self.theatre.redis)

    def show_slack(self, level: str) -> None:
        """What Slack may see of patients from now on: none, initials or full."""
        with self.begin() as session:
            session.execute(update(Organisation).values(phi_level=level))

    # time and work

    def at(self, days: int, hour: int, minute: int = 0) -> None:
        """Go to this wall-clock time, `days` after the first Monday, and let be done what is due then."""
        self.clock.jump(self.theatre.local(days, hour, minute))
        self._attend()

    def jump(self, **span: float) -> None:
        """Let business time pass (days, hours, minutes), and let be done what is due then."""
        self.clock.advance(timedelta(**span))
        self._attend()

    def ticked(self, **span: float) -> None:
        """Let business time pass, and let the clock process do its round: what waits for a minute, or for a time, happens."""
        self.jump(**span)
        processes.tick(self.deps)
        self._attend()

    @property
    def now(self) -> datetime:
        """Business time, UTC."""
        return self.clock.now()

    def drain(self) -> list[str]:
        """Answer bells, ring as the clock does, wait for the vendors' webhooks, until nothing is due; the lanes attended, in order."""
        done: list[str] = []
        for _ in range(ROUNDS):
            done += self.theatre.answer_bells()
            wait_until(self._quiet, what="quiet")
            lanes = self.deps.db.due_lanes()
            if not lanes and not self.theatre.redis.exists(*(f"rq:queue:{lane.value}" for lane in Lane)):
                return done
            self.deps.bells.ring(lanes)
        raise AssertionError(f"there is no end to it: {done[-20:]}")

    def attend(self, *lanes: Lane) -> None:
        """The workers of these lanes alone do what is due; the others are asleep."""
        for lane in lanes:
            jobs.attend(lane.value)
        wait_until(self._quiet, what="quiet")

    def hurry(self) -> list[str]:
        """Machine time passes: waits for another try are over, leases have run out. Then drain."""
        with line(self.theatre.database.superuser_url) as connection:
            connection.execute("UPDATE outbox SET not_before = clock_timestamp() WHERE state = 'due'")
            connection.execute("UPDATE outbox SET lease_until = clock_timestamp() WHERE state = 'leased'")
            connection.execute("UPDATE attempts SET lease_until = clock_timestamp() WHERE state = 'sending'")
        self.theatre.redis.delete("hurry", *self.theatre.redis.keys("slack:hold:*"))
        return self.drain()

    @contextmanager
    def unattended(self) -> Iterator[None]:
        """Nobody answers the bells in here."""
        self.attended = False
        yield
        self.attended = True

    # what staff, patients and the EHR do

    def act(self, path: str, /, **body: Any) -> Json:
        """Anything under /act, then the work that follows."""
        answer = self.http.post(f"/act/{path}", json=body)
        assert answer.status_code < 400, f"{path}: {answer.status_code} {answer.text}"
        self._attend()
        found: Json = answer.json()
        return found

    def person(self, role: str) -> Person:
        """A patient by the part played."""
        return self.clinic.people[role]

    def no_show(self, role: str) -> None:
        """The EHR says that this patient did not come."""
        self.act("ehr/no_show", appointment=self.person(role).appointment)

    def text(self, who: str, body: str) -> Json:
        """A patient (by role, or anybody by number) writes to the clinic."""
        return self.act("phones/text", from_number=self._number(who), body=body)

    def click(self, label: str, card: Card, *, by: str) -> Json:
        """Press a button or menu entry of a card as it was seen, even if it was redrawn meanwhile; what is not on it, under More."""
        control = card.control(label)
        if control is None and label != MORE and card.control(MORE):
            self.click(MORE, card, by=by)
            return self.press(label, by=by)
        assert control is not None, f"the card offers no {label}"
        action, value = control
        now_there = next(iter(self._shown(card.channel, ts=card.ts)), card)  # a whisper stays as it is
        stale = now_there.control(label) != control
        return self.act(
            "slack/click", user=by, channel=card.channel, ts=card.ts, action_id=action, value=value, stale_blocks=stale
        )

    def press(self, label: str, *, by: str) -> Json:
        """Press a button in the window that this person has open."""
        view = self.form(by)
        assert view is not None, "no window is open"
        for block in view["blocks"]:
            for element in [*block.get("elements", []), *([block["accessory"]] if "accessory" in block else [])]:
                if element.get("text", {}) and element["type"] == "button" and element["text"]["text"] == label:
                    pressed = {"action_id": element["action_id"], "value": element["value"]}
                    return self.act("slack/view_action", user=by, view_id=view["id"], **pressed)
        raise AssertionError(f"the window offers no {label}")

    def form(self, by: str) -> Json | None:
        """The modal that this person has open."""
        return self.slack.modals.top(by)

    def submit(self, by: str, **values: str) -> Json:
        """Fill in the open form and send it; a field is named by the last word of its id (slot, disposition, note, to)."""
        form = self.form(by)
        assert form is not None, "no form is open"
        names = {block["block_id"].rpartition(".")[2]: block["block_id"] for block in form["blocks"]}
        filled = {names[name]: {names[name]: value} for name, value in values.items()}
        return self.act("slack/submit", user=by, view_id=form["id"], values=filled)

    def slots(self, by: str) -> list[Json]:
        """The choices of the open reschedule form."""
        form = self.form(by)
        assert form is not None, "no form is open"
        found: list[Json] = next(b for b in form["blocks"] if b["type"] == "input")["element"]["options"]
        return found

    def errors(self, by: str) -> str:
        """What the open form complains of."""
        form = self.form(by)
        return "" if form is None else " ".join(self.slack.modals.errors.get(form["id"], {}).values())

    def command(self, by: str, channel: str, text: str, *, name: str = "/outreach") -> str:
        """Type a command, /outreach unless another is named; the answer's words, those of its blocks too."""
        answer = self.act("slack/command", user=by, channel=channel, command=name, text=text)["answer"] or {}
        assert answer.get("response_type", "ephemeral") == "ephemeral", "only the one who typed it sees the answer"
        return " ".join([str(answer.get("text", "")), *([str(answer["blocks"])] if answer.get("blocks") else [])])

    def operate(self, command: Command, *words: str, exits: int = 0) -> str:
        """Type one of app.py's commands, which ends with this code; what it printed. Then the work that follows."""
        root = Root(lambda *_: self.deps.settings, lambda _: self.deps.db)
        done = CliRunner().invoke(command, words, obj=root, catch_exceptions=False)
        assert done.exit_code == exits, done.output
        self._attend()
        return done.output

    def fault(self, vendor: str, **how: Any) -> None:
        """Let slack, phones or ehr go wrong."""
        answer = self.http.post(f"/act/{vendor}/fault", json=how)
        assert answer.status_code == 200, answer.text

    # what they see

    def texts(self, who: str) -> list[str]:
        """What reached this phone, oldest first, by the carrier's own list."""
        return [text.body for text in self.sent(who)]

    def sent(self, who: str) -> list[Any]:
        """The same with everything the carrier knows of each text."""
        return self.phones.listed(Query(to=self._number(who)))[::-1]

    def channel(self, team: str) -> str:
        """A team's channel."""
        return next(one.channel for one in self.clinic.teams if one.code == team)

    def cards(self, team: str, *, holding: str = "") -> list[Card]:
        """What a team's channel shows now; only cards that hold these words, ids too."""
        return self._shown(self.channel(team), holding)

    def card(self, team: str, *words: str) -> Card:
        """The newest card of a team that holds all these words."""
        found = [card for card in self.cards(team) if all(word in card for word in words)]
        assert found, f"no card with {words} among {[card.text for card in self.cards(team)]}"
        return found[-1]

    def whispers_to(self, user: str, *, receipts: bool = False) -> list[str]:
        """What only this person sees; `receipts` of their own claims ("Case 1042 is yours.") when asked for."""
        rooms = self.slack.state()["channels"]
        seen = [str(m["text"]) for room in rooms for m in room["messages"] if m["ephemeral_to"] == user]
        return [said for said in seen if receipts or not re.fullmatch(r"Case \d+ is yours\.", said)]

    def whisper(self, user: str) -> Card:
        """The newest message for this person's eyes alone that has buttons."""
        rooms = self.slack.state()["channels"]
        found = [
            (m["ts"], Card(room["id"], m["ts"], copy.deepcopy(m["blocks"]), m["text"]))
            for room in rooms
            for m in room["messages"]
            if m["ephemeral_to"] == user and m["blocks"]
        ]
        return max(found, key=lambda one: one[0])[1]

    def messages_to(self, user: str) -> list[Json]:
        """The bot's direct messages to a person."""
        return [vars(m) for m in self.slack.rooms.direct_with(user).messages]

    def fhir(self, path: str, **params: str) -> Json:
        """Read the chart as another system would."""
        headers = {"Authorization": f"Bearer {self.theatre.config.ehr_token}"}
        answer = self.http.get(f"/fhir/{path}", params=params, headers=headers)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    def found(self, kind: str, **params: str) -> list[Json]:
        """A FHIR search's matches."""
        return [entry["resource"] for entry in self.fhir(kind, **params).get("entry", [])]

    def booked(self, role: str) -> list[Json]:
        """The patient's booked visits."""
        return self.found("Appointment", patient=f"Patient/{self.person(role).patient}", status="booked")

    def why(self, role: str, program: str = "no_show") -> Json:
        """What `app.py why` tells of this patient's latest enrollment in a program."""
        told = why.tell(self.deps.db, enrollment=None, patient=self.person(role).patient)
        return [story for story in told if story["program"] == program][-1]

    def rules(self, role: str, program: str = "no_show") -> list[str]:
        """The ledger of that enrollment: "verdict rule", in order."""
        return [entry["what"] for entry in self.why(role, program)["entries"] if entry["kind"] == "decision"]

    # inside

    def _number(self, who: str) -> str:
        return who if who.startswith("+") else self.person(who).number

    def _shown(self, channel: str, holding: str = "", *, ts: str = "") -> list[Card]:
        room = next(one for one in self.slack.state()["channels"] if one["id"] == channel)
        kept = [m for m in room["messages"] if not m["deleted"] and not m["ephemeral_to"] and m["blocks"]]
        kept = [m for m in kept if ts in ("", m["ts"])]
        held = [m for m in kept if holding in f"{m['blocks']} {m['text']}"]
        return [Card(channel, m["ts"], copy.deepcopy(m["blocks"]), m["text"]) for m in held]

    def _attend(self) -> None:
        if self.attended:
            self.drain()
        else:
            wait_until(self._quiet, what="quiet")

    def _quiet(self) -> bool:
        """Nothing is on its way between Careloop and the vendors, in either direction."""
        underway = self.theatre.vendors.stage.under_way + self.theatre.web.stage.under_way + len(http.FOLLOWING)
        texts = len(self.phones._tasks) - self.phones.transit.held
        return not (underway or texts > 0 or self.ehr.notices._tasks or self.slack.deliveries._tasks)

    def _vendors(self) -> tuple[Workspace, Carrier, Chart]:
        """New ones on the same stage, with the same addresses and secrets."""
        config, made, now = self.theatre.config, self.clinic, self.clock.now
        rooms = sandbox._slack(config, made)
        fast = replace(
            rooms,
            channels=tuple(replace(c, members=(*c.members, VIEWER, STRANGER, GRETA)) for c in rooms.channels),
            users=people(made),
            post_per_second=10_000.0,
            post_burst=10_000,
            tier_factor=1000.0,
            app_token="xapp-world",
            retry_scale=0.0,
        )
        slack = Workspace(fast, now=now, changed=_nothing)
        phones = Carrier(replace(sandbox._phones(config, made), callback_delay_s=0.0), now=now, changed=_nothing)
        ehr = Chart(replace(sandbox._ehr(config), retry_delays_s=()), now=now, changed=_nothing)
        ehr.seed(made.resources)
        for phone in made.phones:
            phones.add_phone(phone.number, phone.name, kind=phone.kind)
        web = FastAPI()
        for part in (slack, phones, ehr):
            web.router.routes += part.router().routes  # as they are: including one builds each of its routes again
        self.theatre.vendors.stage.app = web
        return slack, phones, ehr


def rehearse(theatre: Theatre, folder: Path) -> None:
    """Found the organisation and mirror its EHR once, and save both scenes."""
    world = World(theatre, None)
    org = organisation.apply(theatre.deps.db, write_facts(folder, theatre.facts))
    with theatre.deps.db.begin(org=org) as session:
        for kind in ("Patient", "Appointment", "Slot"):
            outbox.put(session, Topic.EHR_POLL, kind, lane=Lane.REPLIES)
        accounts.promise_sweep(session)
    world.drain()
    theatre.save(MONDAY)
    world.at(3, 14, 10)
    theatre.save(THURSDAY)
    world.close()


def _nothing() -> None:
    pass
