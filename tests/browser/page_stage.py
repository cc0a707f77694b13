"""The demo's page alone: a fixed state behind it, and endpoints that only write down what it posts."""

from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request

from sandbox.page import Page as DemoPage

DANA, PRIYA = "U1", "U2"
NOW = "2026-11-25T20:24:00+00:00"
MORE = [
    {"text": {"type": "plain_text", "text": "Release"}, "value": "release:cas_1"},
    {"text": {"type": "plain_text", "text": "Reassign"}, "value": "reassign:cas_1"},
]
Json = dict[str, Any]


def words(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def a_button(label: str, action_id: str, **more: Any) -> Json:
    return {"type": "button", "text": words(label), "action_id": action_id, "value": "cas_1", **more}


def a_card() -> list[Json]:
    asked = {
        "title": words("Close it?"),
        "text": words("It stays closed."),
        "confirm": words("Yes"),
        "deny": words("No"),
    }
    buttons = [a_button("Claim", "case.claim", style="primary"), a_button("Close", "case.close", confirm=asked)]
    overflow = {"type": "overflow", "action_id": "case.more", "options": MORE}
    return [
        {"type": "header", "block_id": "top", "text": words("Offer new times (asked: Tue 12–17)")},
        {
            "type": "section",
            "block_id": "facts",
            "fields": [{"type": "mrkdwn", "text": "*Owner*\n<@U2>"}, {"type": "mrkdwn", "text": "_Due_ `3:24 pm`"}],
        },
        {"type": "actions", "block_id": "acts", "elements": [*buttons, overflow]},
    ]


def a_message(ts: str, text: str, **more: Any) -> Json:
    plain: Json = {"thread_ts": None, "at": NOW, "edited": False, "ephemeral_to": None, "deleted": False, "blocks": []}
    return {"ts": ts, "bot": "B1", "text": text, **plain, **more}


def a_modal() -> Json:
    times = [{"text": words("Tue 1:00 pm"), "value": "slot-1"}, {"text": words("Tue 3:00 pm"), "value": "slot-2"}]
    pick = {"type": "radio_buttons", "action_id": "slot", "options": times}
    note = {"type": "plain_text_input", "action_id": "note", "multiline": True}
    view = {
        "type": "modal",
        "title": words("Reschedule"),
        "submit": words("Book it"),
        "close": words("Cancel"),
        "blocks": [
            {"type": "input", "block_id": "slot", "label": words("New time"), "element": pick},
            {"type": "input", "block_id": "note", "label": words("Note"), "element": note, "optional": True},
        ],
    }
    return {"id": "V1", "view": view, "hash": "1", "errors": {}}


def a_state() -> Json:
    messages = [
        a_message("1.1", "See <https://example.org|the guide> & <b>not bold</b>", bot=None, user=PRIYA, edited=True),
        a_message("1.2", "A case waits", blocks=a_card()),
        a_message("1.3", "Priya was faster.", ephemeral_to=DANA),
    ]
    room = {"id": "C1", "name": "patient-access", "private": True, "direct": False, "members": [DANA, PRIYA]}
    people = [
        {"id": DANA, "name": "Dana Whitfield", "title": "Front desk"},
        {"id": PRIYA, "name": "Priya Raman", "title": "Nurse"},
    ]
    visit = {
        "patient": "p1",
        "patient_name": "Rosa Delgado",
        "status": "booked",
        "type": "Office visit",
        "practitioner": "Dr. Lin",
    }
    slot = {
        "id": "s1",
        "start": "2026-12-01T19:00:00Z",
        "end": "2026-12-01T19:30:00Z",
        "status": "free",
        "practitioner": "Dr. Lin",
    }
    return {
        "clock": {"now": NOW, "rate": 1, "paused": True, "zone": "America/Chicago"},
        "slack": {
            "team": "T1",
            "users": people,
            "channels": [{**room, "messages": messages}],
            "views": {},
            "home": {},
            "notices": [],
        },
        "phones": {"phones": [{"number": "+13125550142", "name": "Rosa Delgado", "messages": []}]},
        "ehr": {
            "patients": [
                {
                    "id": "p1",
                    "name": "Rosa Delgado",
                    "phone": "(312) 555-0142",
                    "language": "es",
                    "birthDate": "1970-01-01",
                }
            ],
            "appointments": [{**visit, "id": "a1", "start": "2026-11-25T20:00:00Z", "end": "2026-11-25T20:30:00Z"}],
            "slots": [slot],
            "tasks": [],
            "log": [],
        },
        "notes": [],
    }


@dataclass
class Stage:
    """A page over `state`; `acts` are the posts it made; `answers` what a path answers instead of plain ok."""

    state: Json = field(default_factory=a_state)
    acts: list[tuple[str, Json]] = field(default_factory=list)
    answers: dict[str, Json] = field(default_factory=dict)
    url: str = ""

    def __post_init__(self) -> None:
        self.demo = DemoPage(lambda: self.state, acts={"phi": lambda asked: self.acts.append(("phi", asked))})

    def app(self) -> FastAPI:
        app = FastAPI()
        app.include_router(self.demo.router())

        @app.post("/act/{rest:path}")
        async def note(rest: str, request: Request) -> Json:
            self.acts.append((rest, await request.json()))
            return self.answers.get(rest, {"ok": True})

        return app

    def channel(self) -> Json:
        channel: Json = self.state["slack"]["channels"][0]
        return channel

    def posted(self, path: str) -> list[Json]:
        return [body for where, body in self.acts if where == path]
