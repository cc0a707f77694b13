"""The scenes of the story, in order; each is played and then checked in Slack, on the phone, in the EHR and in what Careloop wrote down."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from sandbox import scene_branches as branches
from sandbox import scene_programs as programs
from sandbox.clinic import Person
from sandbox.sightings import block, buttons, choices, decided, entries, fill_in, new_visit, top_view, value
from sandbox.story import Failed, Json, Stage, flat, to_the_missed_visits

BRUNO, CHLOE, FRANK = "U0BRUNO0002", "U0CHLOE0003", "U0FRANK0006"
ASKED = "can we do next tues afternoon?"


def story(stage: Stage) -> Person:
    """The patient the main story is about."""
    return stage.demo.clinic.people["story"]


def opening(stage: Stage) -> None:
    """The clinic's week begins: the EHR is read, reminders go out in the window, once"""
    dana = story(stage)
    stage.check("before 9:00 no text leaves", lambda: not stage.texts(dana))
    to_the_missed_visits(stage)
    first = stage.texts(dana)[0]["body"]
    stage.check(
        "the first text names the sender, HELP and STOP",
        lambda: all(w in first for w in ("Lakeside Clinic", "HELP", "STOP")),
    )
    stage.check(
        "it says that texts are not private, once",
        lambda: sum("not private" in t["body"] for t in stage.texts(dana)) == 1,
    )


def missed(stage: Stage) -> None:
    """Thursday 14:10: the EHR reports a missed visit; within a minute the phone has one text"""
    dana = story(stage)
    stage.post("/act/ehr/no_show", {"appointment": dana.appointment})
    stage.check("one text more, after the missed visit", lambda: len(stage.texts(dana)) == 3)
    body = stage.texts(dana)[-1]["body"]
    stage.check("it offers a new time and does not blame", lambda: "new time" in body and "missed" not in body.lower())
    stage.check("it was delivered", lambda: stage.texts(dana)[-1]["status"] == "delivered")
    stage.check(
        "the reminders ended: the EHR said no-show", lambda: stage.why(dana, "reminder")["outcome"] == "stopped_by_ehr"
    )
    stage.check(
        "the trigger and the gate's rule are in the ledger", lambda: decided(stage, dana, "triggered", "sent gate.open")
    )


def capped(stage: Stage) -> None:
    """Saturday: the second touch meets the weekly cap and becomes a call task, and counts as a touch"""
    dana = story(stage)
    stage.jump(stage.local(5, 9, 2))
    stage.check("a call task is in #patient-access", lambda: stage.card("patient_access", "Call:", dana.name))
    stage.check("the ledger names the cap", lambda: decided(stage, dana, "cap.week"))
    stage.check("no text went out", lambda: len(stage.texts(dana)) == 3)
    stage.check("it counted as the second touch", lambda: stage.why(dana, "no_show")["touches"] == 2)


def third(stage: Stage) -> None:
    """Tuesday: the third touch is a text again"""
    dana = story(stage)
    stage.jump(stage.local(8, 9, 2))
    stage.check("the third touch arrived", lambda: len(stage.texts(dana)) == 4)
    stage.check("three touches so far", lambda: stage.why(dana, "no_show")["touches"] == 3)


def answered(stage: Stage) -> None:
    """The patient answers; it is read, and a card appears"""
    dana = story(stage)
    answer = stage.text(dana, ASKED)
    stage.check("the webhook took it", lambda: answer["status"] in (200, 204))
    card = stage.check(
        "the card says what was asked, coded", lambda: stage.card("patient_access", "asked: Tue 12", dana.name)
    )
    stage.check(
        "program, team and due time are on it",
        lambda: all(w in flat(card) for w in ("Missed visit recovery", "Patient access", "due")),
    )
    stage.check(
        "it has Claim, Reschedule, Close and a menu",
        lambda: buttons(card) >= {"case.claim", "case.reschedule", "case.close", "case.more"},
    )
    stage.check("the call task closed by itself", lambda: not _open_calls(stage, dana))
    stage.check("the patient was answered once", lambda: len(stage.texts(dana)) == 5)
    stage.check("the reading is written down", lambda: entries(stage, dana, "reading"))


def claimed(stage: Stage) -> None:
    """Two claim at once: one has it, the other is told who and when"""
    card = _card(stage)
    with ThreadPoolExecutor(2) as both:
        race = {"value": value(card, "case.claim"), "stale_blocks": True, "block_id": block(card, "case.claim")}
        answers = list(both.map(lambda user: stage.click(user, card, "case.claim", **race), (BRUNO, CHLOE)))
    stage.check(
        "both clicks were answered in time", lambda: all(a["status"] == 200 and a["ms"] < 3000 for a in answers)
    )
    stage.check("the card names one owner", lambda: _owner(stage) in (BRUNO, CHLOE))
    owner = _owner(stage)
    loser = CHLOE if owner == BRUNO else BRUNO
    stage.check("the other one is told who has it", lambda: any("claimed case" in w for w in stage.whispers(loser)))
    stage.check("the winner is told nothing", lambda: not any("claimed case" in w for w in stage.whispers(owner)))
    stage.check("the Claim button is gone", lambda: "case.claim" not in buttons(_card(stage)))
    stage.check(
        "the EHR has a Task accepted by that owner",
        lambda: _task(stage)["status"] == "accepted" and _task(stage)["owner"],
    )


def rescheduled(stage: Stage) -> None:
    """The owner books a new time in four clicks: the EHR has it, the patient is told, the card says so"""
    dana, owner = story(stage), _owner(stage)
    before = {a["id"] for a in stage.found("Appointment", patient=f"Patient/{dana.patient}")}
    stage.click(owner, _card(stage), "case.reschedule")
    view = stage.check("a form with free times near the asked one", lambda: top_view(stage, owner))
    slots = choices(view)
    stage.check(
        "each choice is a slot's id, nothing of the patient", lambda: slots and all(s.startswith("slt_") for s in slots)
    )
    fill_in(stage, owner, slot=slots[0])
    new = stage.check("the EHR has one new booked appointment", lambda: new_visit(stage, dana, before))
    begins = datetime.fromisoformat(new["start"])
    stage.check(
        "on the Tuesday afternoon that was asked for", lambda: stage.local(15, 12) <= begins < stage.local(15, 17)
    )
    slot = new["slot"][0]["reference"]
    stage.check("its slot is busy", lambda: stage.fhir(slot)["status"] == "busy")
    stage.check(
        "the missed visit stays as history", lambda: stage.fhir(f"Appointment/{dana.appointment}")["status"] == "noshow"
    )
    stage.check(
        "the Task is completed with the outcome",
        lambda: _task(stage)["status"] == "completed" and _task(stage)["output"],
    )
    stage.check(
        "the patient got one confirmation", lambda: sum("you are set for" in t["body"] for t in stage.texts(dana)) == 1
    )
    stage.check("the card closed with the outcome", lambda: _closed(stage, "Booked"))
    stage.check("the closed card holds no patient name", lambda: dana.name not in flat(_closed(stage, "Booked")))
    stage.check("the enrollment ended booked", lambda: stage.why(dana, "no_show")["outcome"] == "booked")
    stage.check("one owner in the Task's history", lambda: len(_owners(stage)) == 1)
    stage.kept["new"] = new["id"]


def attended(stage: Stage) -> None:
    """The visit takes place: the enrollment counts as recovered"""
    dana = story(stage)
    new = stage.kept["new"]
    visit = stage.fhir(f"Appointment/{new}")
    stage.jump(datetime.fromisoformat(visit["start"]) + timedelta(minutes=5))
    stage.post("/act/ehr/arrive", {"appointment": new})
    stage.post("/act/ehr/fulfill", {"appointment": new})
    stage.check("recovered", lambda: stage.why(dana, "no_show")["recovered"])
    stage.check("still ended as booked", lambda: stage.why(dana, "no_show")["outcome"] == "booked")


def _card(stage: Stage) -> Json:
    found = stage.card("patient_access", "asked: Tue 12", story(stage).name)
    if found is None:
        raise Failed("the card is not there")
    return found


def _owner(stage: Stage) -> str:
    shown = flat(_card(stage))
    return next((user for user in (BRUNO, CHLOE, FRANK) if f"<@{user}>" in shown), "")


def _open_calls(stage: Stage, person: Person) -> bool:
    return any("Call:" in flat(card) and person.name in flat(card) for card in stage.cards("patient_access"))


def _tasks(stage: Stage) -> list[Json]:
    tasks = stage.found("Task", patient=f"Patient/{story(stage).patient}")
    return [task for task in tasks if "new appointment time" in task["code"]["text"]]


def _task(stage: Stage) -> Json:
    return _tasks(stage)[-1]


def _owners(stage: Stage) -> set[str]:
    history = stage.fhir(f"Task/{_task(stage)['id']}/_history")
    versions = [entry["resource"] for entry in history["entry"]]
    return {version["owner"]["display"] for version in versions if version.get("owner")}


def _closed(stage: Stage, words: str) -> Any:
    return stage.card("patient_access", "closed", words)


SCENES = (
    opening,
    programs.confirmed,
    programs.surveyed,
    missed,
    branches.stopped,
    branches.emergency,
    branches.closed,
    branches.elsewhere,
    branches.spanish,
    branches.unreachable,
    branches.goes_silent,
    branches.evening,
    capped,
    third,
    answered,
    claimed,
    rescheduled,
    programs.went_home,
    programs.not_understood,
    programs.feverish,
    branches.silent_to_the_end,
    attended,
    programs.recalled,
    programs.approved,
    programs.came_back,
    branches.twice,
    branches.forged,
    branches.quiet,
)
