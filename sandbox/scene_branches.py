"""The other ways a missed visit can go, each with its own patient, and the bad input that must change nothing."""

from functools import partial
from operator import eq
from urllib.parse import urlencode

import httpx

from sandbox.sightings import buttons, choices, decided, fill_in, free_slot, top_view
from sandbox.story import Json, Stage, flat

BRUNO, AMINA = "U0BRUNO0002", "U0AMINA0001"
NOTE = "Will call us after the holidays."


def stopped(stage: Stage) -> None:
    """STOP: suppressed before the webhook returns, nothing more is ever sent"""
    gordon = stage.demo.clinic.people["stop"]
    stage.post("/act/ehr/no_show", {"appointment": gordon.appointment})
    stage.check("the text after the missed visit", lambda: len(stage.texts(gordon)) == 3)
    answer = stage.text(gordon, "OPT OUT")
    stage.check("the webhook answered", lambda: answer["status"] in (200, 204))
    outcome = stage.why(gordon, "no_show")["outcome"]
    stage.check("when it had answered, the program was over", lambda: outcome == "opted_out")
    stage.check("one confirmation, and nothing that sells", lambda: "no more texts" in stage.texts(gordon)[-1]["body"])
    stage.text(gordon, "please stop texting me")
    stage.post("/act/ehr/book", {"patient": gordon.patient, "slot": free_slot(stage, stage.local(11, 9))})
    stage.check("a visit booked by phone has its reminders", lambda: len(stage.stories(gordon)) == 3)
    stage.never("said twice it is not confirmed twice", lambda: len(stage.texts(gordon)) > 4, for_s=0.7)


def emergency(stage: Stage) -> None:
    """Chest pain: the fixed safety text and a red-flag card in #clinical in seconds; the program stands still"""
    walter = stage.demo.clinic.people["chest_pain"]
    stage.post("/act/ehr/no_show", {"appointment": walter.appointment})
    stage.check("the text after the missed visit", lambda: len(stage.texts(walter)) == 3)
    stage.text(walter, "chest pain since this morning")
    card = stage.check("a red-flag card in #clinical", lambda: stage.card("clinical", walter.name), within_s=15)
    stage.check("it is an emergency", lambda: "mergency" in flat(card))
    stage.check(
        "the fixed text: 911, 988, and that the team knows",
        lambda: "911" in stage.texts(walter)[-1]["body"] and "988" in stage.texts(walter)[-1]["body"],
    )
    stage.check("the program is paused", lambda: stage.why(walter, "no_show")["state"] == "paused")
    stage.click(AMINA, card, "case.claim")
    stage.check("the nurse has it", lambda: f"<@{AMINA}>" in flat(stage.card("clinical", walter.name) or {}))


def closed(stage: Stage) -> None:
    """Close with a disposition and a note: the EHR's Task has the outcome, the program ends"""
    opal = stage.demo.clinic.people["close"]
    stage.post("/act/ehr/no_show", {"appointment": opal.appointment})
    stage.check("the text after the missed visit", lambda: len(stage.texts(opal)) == 3)
    stage.text(opal, "I need to reschedule")
    card = stage.check("a card to offer new times", lambda: stage.card("patient_access", "Offer new times", opal.name))
    stage.click(BRUNO, card, "case.claim")
    card = stage.check("claimed", lambda: _mine(stage, opal.name))
    stage.click(BRUNO, card, "case.close")
    view = stage.check("a form that asks how it ended", lambda: top_view(stage, BRUNO))
    stage.check("it offers declined", lambda: "declined" in choices(view))
    fill_in(stage, BRUNO, disposition="declined", note=NOTE)
    stage.undone_no_more()
    stage.check("the program ended: declined", lambda: stage.why(opal, "no_show")["outcome"] == "declined")
    stage.check("the EHR's Task has the outcome", lambda: _outcomes(stage, opal.patient) == ["declined"])
    done = stage.check(
        "the card closed with the outcome", lambda: stage.card("patient_access", "closed", "Patient does")
    )
    stage.check("the closed card holds no patient name", lambda: opal.name not in flat(done))
    stage.check("the note is in no Slack message", lambda: NOTE not in str(stage.state()["slack"]["channels"]))


def elsewhere(stage: Stage) -> None:
    """The patient books by another route: the EHR says so, and the program stops before its next text"""
    ravi = stage.demo.clinic.people["elsewhere"]
    stage.post("/act/ehr/no_show", {"appointment": ravi.appointment})
    stage.check("the text after the missed visit", lambda: len(stage.texts(ravi)) == 3)
    stage.post("/act/ehr/book", {"patient": ravi.patient, "slot": free_slot(stage, stage.local(9, 9))})
    stage.check("the program ended: booked", lambda: stage.why(ravi, "no_show")["outcome"] == "booked")
    stage.check("the ledger says by whom", lambda: decided(stage, ravi, "stopped ehr.booked"))


def spanish(stage: Stage) -> None:
    """A patient who speaks Spanish is written to in Spanish"""
    lucia = stage.demo.clinic.people["spanish"]
    stage.post("/act/ehr/no_show", {"appointment": lucia.appointment})
    stage.check("sentimos no haberle visto", lambda: "sentimos" in stage.texts(lucia)[-1]["body"])
    stage.text(lucia, "el martes por la tarde")
    stage.check("the card says what was asked", lambda: stage.card("patient_access", "asked: Tue 12", lucia.name))
    stage.check("the answer is in Spanish", lambda: "gracias" in stage.texts(lucia)[-1]["body"].lower())


def unreachable(stage: Stage) -> None:
    """A patient without a number to text is not silently skipped"""
    piotr = stage.demo.clinic.people["no_phone"]
    stage.post("/act/ehr/no_show", {"appointment": piotr.appointment})
    stage.check("a missing-contact card", lambda: stage.card("patient_access", piotr.name, "Missed visit recovery"))
    stage.check("the ledger says why no text left", lambda: decided(stage, piotr, "refused number.none"))


def goes_silent(stage: Stage) -> None:
    """Another patient misses a visit and does not answer"""
    tessa = stage.demo.clinic.people["silent"]
    stage.post("/act/ehr/no_show", {"appointment": tessa.appointment})
    stage.check("the text after the missed visit", lambda: len(stage.texts(tessa)) == 3)


def evening(stage: Stage) -> None:
    """20:30, quiet hours: a missed visit reported now waits for the morning"""
    ernesto = stage.demo.clinic.people["spanish_two"]
    stage.jump(stage.local(3, 20, 30))
    stage.post("/act/ehr/no_show", {"appointment": ernesto.appointment})
    stage.check("the ledger names the quiet hours", lambda: decided(stage, ernesto, "held window.T1"))
    stage.check("no text left", lambda: len(stage.texts(ernesto)) == 2)


def silent_to_the_end(stage: Stage) -> None:
    """Silence after three touches: a call task"""
    tessa, ravi = stage.demo.clinic.people["silent"], stage.demo.clinic.people["elsewhere"]
    stage.jump(stage.local(10, 9, 5))
    stage.check("three touches were made", lambda: stage.why(tessa, "no_show")["touches"] == 3)
    stage.check("she is at the call task", lambda: stage.why(tessa, "no_show")["step"] == "call_task")
    stage.check("its card", lambda: stage.card("patient_access", "Call:", tessa.name))
    stage.check(
        "who booked elsewhere was asked no more", lambda: not any("3 not now" in t["body"] for t in stage.texts(ravi))
    )


def twice(stage: Stage) -> None:
    """Every webhook again, and in reverse: nothing changes"""
    people = stage.demo.clinic.people
    before = {role: len(stage.texts(person)) for role, person in people.items() if person.number}
    heard = [
        *stage.post("/act/phones/redeliver", {"n": 500})["delivered"],
        *stage.post("/act/phones/redeliver", {"n": 500, "order": "reverse"})["delivered"],
        *stage.post("/act/slack/redeliver", {"n": 20})["delivered"],
    ]
    statuses = [one["status"] for one in heard] + stage.post("/act/ehr/redeliver", {})["delivered"]
    stage.check("each was taken: none asks to be sent again", lambda: all(status in (200, 204) for status in statuses))
    stage.never("no patient got another text", lambda: _more(stage, before), for_s=2)
    stage.check("no case has two cards", lambda: _all_different(_case_numbers(stage)))


def forged(stage: Stage) -> None:
    """Forged and malformed requests are refused, never a 500"""
    base = stage.demo.config.careloop_url
    slack = {"X-Slack-Request-Timestamp": "abc", "X-Slack-Signature": "v0=00"}
    asked = {
        "a click with a bad signature": (
            "/slack/events",
            slack | {"X-Slack-Request-Timestamp": "1"},
            b"payload=%7B%7D",
            401,
        ),
        "a click with a malformed timestamp": ("/slack/events", slack, b"payload=%7B%7D", 401),
        "a text with a bad signature": (
            "/twilio/inbound",
            {"X-Twilio-Signature": "x"},
            _text_of(stage, "STOP"),
            403,
        ),
        "a notification without a token": ("/ehr/notify", {}, b"{}", 403),
        "a notification that is not JSON": ("/ehr/notify", _token(stage), b"{", 400),
    }
    for what, (path, headers, body, status) in asked.items():
        typed = {"Content-Type": "application/x-www-form-urlencoded"} | headers
        answered = httpx.post(f"{base}{path}", content=body, headers=typed, timeout=10).status_code
        stage.check(f"{what}: {status}", partial(eq, answered, status))


def quiet(stage: Stage) -> None:
    """At the end nothing is owed: who stopped heard no more, and the audit chain holds"""
    people = stage.demo.clinic.people
    gordon, walter = people["stop"], people["chest_pain"]
    stage.check("four texts to who opted out, and no more", lambda: len(stage.texts(gordon)) == 4)
    stage.check("his next visit's reminder was refused", lambda: "suppressed" in str(stage.stories(gordon)[-1]))
    stage.check("none to who did not agree to texts", lambda: not stage.texts(people["no_consent"]))
    stage.check("none to a landline", lambda: not stage.texts(people["landline"]))
    stage.check("four to who wrote of chest pain", lambda: len(stage.texts(walter)) == 4)
    stage.check(
        "the red-flag card is open: nobody closed it for the nurse",
        lambda: buttons(stage.card("clinical", walter.name) or {"blocks": []}),
    )
    stage.check("the audit chain verifies", lambda: "rows verified" in stage.demo.command("audit", "verify"))


def _case_numbers(stage: Stage) -> list[str]:
    """The case each card is about, by the first words of its preview."""
    return [
        str(c["text"]).split(":")[0]
        for team in stage.demo.clinic.teams
        for c in stage.cards(team.code)
        if c.get("blocks")
    ]


def _all_different(names: list[str]) -> bool:
    return bool(names) and len(names) == len(set(names))


def _mine(stage: Stage, name: str) -> Json | None:
    card = stage.card("patient_access", "Offer new times", name)
    return card if card and f"<@{BRUNO}>" in flat(card) else None


def _outcomes(stage: Stage, patient: str) -> list[str]:
    tasks = stage.found("Task", patient=f"Patient/{patient}")
    return [
        out["valueString"]
        for task in tasks
        if "new appointment" in task["code"]["text"]
        for out in task.get("output", [])
    ]


def _more(stage: Stage, before: dict[str, int]) -> bool:
    return any(len(stage.texts(stage.demo.clinic.people[role])) > count for role, count in before.items())


def _text_of(stage: Stage, body: str) -> bytes:
    """A text as the provider would post it from the story's patient: all in order but the signature."""
    dana = stage.demo.clinic.people["story"]
    form = {"AccountSid": stage.demo.config.twilio_account, "MessageSid": f"SM{'f' * 32}", "From": dana.number}
    return urlencode(form | {"To": stage.demo.clinic.organisation.text_number, "Body": body}).encode()


def _token(stage: Stage) -> dict[str, str]:
    return {"Authorization": f"Bearer {stage.demo.config.ehr_notify_token}"}
