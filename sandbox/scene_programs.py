"""The other programs of the clinic's weeks: a confirmed reminder, a low score, two discharges, and a recall from its slash command on."""

from functools import partial

from sandbox.clinic import Person
from sandbox.sightings import buttons, fill_in, free_slot, new_visit, top_view
from sandbox.story import Failed, Json, Stage, flat

CHLOE, FRANK, HANNA = "U0CHLOE0003", "U0FRANK0006", "U0HANNA0008"
COHORT, PROGRAM = "wellness", "recall"
POPULATION = "Adults without a check-up for eleven months"
REASON = "Yearly check-ups are behind, and there is room before the holidays"
GONE_HOME = ("spanish_two", "close")


def confirmed(stage: Stage) -> None:
    """A patient answered the reminder with 1: the EHR has the visit as accepted, and no second reminder followed"""
    joan = stage.demo.clinic.people["attends"]
    stage.check("accepted by the patient, in the EHR", lambda: _word(stage, joan) == "accepted")
    stage.check("the others' visits wait for their word", lambda: _word(stage, _person(stage, "silent")) != "accepted")
    stage.check("the reminders ended: confirmed", lambda: stage.why(joan, "reminder")["outcome"] == "confirmed")
    stage.check("a thank-you, and no reminder the day before", lambda: len(stage.texts(joan)) == 2)


def surveyed(stage: Stage) -> None:
    """She was seen: the survey asks once; a low score brings an apology and a card for a person"""
    joan = stage.demo.clinic.people["attends"]
    stage.post("/act/ehr/fulfill", {"appointment": joan.appointment})
    stage.check("it asks for 0 to 10", lambda: "0 (bad) to 10" in stage.texts(joan)[-1]["body"])
    stage.text(joan, "3, nobody told me where to park")
    stage.check("an apology comes first", lambda: "sorry your visit" in stage.texts(joan)[-1]["body"])
    card = stage.check("a card in #front-office", lambda: stage.card("front_office", "low score", joan.name))
    stage.check("the score and her words are on it", lambda: "score 3" in flat(card) and "where to park" in flat(card))
    stage.check("it can be claimed and closed", lambda: buttons(card) >= {"case.claim", "case.close"})


def went_home(stage: Stage) -> None:
    """Two patients leave the ward with their papers and a next visit: what was asked before has ended, and today nobody is texted"""
    people = [_person(stage, role) for role in GONE_HOME]
    before = [len(stage.texts(one)) for one in people]
    for one in people:
        stage.post("/act/ehr/admit", {"patient": one.patient})
    missed = partial(_latest, stage, people[0], "no_show")
    stage.check("admitted: the missed visit is asked about no more", lambda: missed()["outcome"] == "stopped_by_ehr")
    for one in people:
        stage.post("/act/ehr/book", {"patient": one.patient, "slot": free_slot(stage, stage.local(21, 9))})
    stage.check("their follow-up visits are known", lambda: all(_coming(stage, one) for one in people))
    for one in people:
        stage.post("/act/ehr/discharge", {"patient": one.patient, "disposition": "home"})
    stage.check("both are in the program", lambda: all(_waits(_latest(stage, one, "discharge")) for one in people))
    stage.check("no text yet", lambda: [len(stage.texts(one)) for one in people] == before)


def not_understood(stage: Stage) -> None:
    """The day after a stay: papers that are not clear are a task for care coordination, and no advice is given"""
    ernesto = _person(stage, "spanish_two")
    stage.jump(stage.local(9, 10, 30))
    stage.check("asked, in Spanish", lambda: "papeles" in stage.texts(ernesto)[-1]["body"])
    stage.text(ernesto, "no entiendo")
    stage.check("told that a person will call", lambda: "va a llamar" in stage.texts(ernesto)[-1]["body"])
    card = stage.check("a card in #care-coordination", lambda: stage.card("care_coordination", ernesto.name))
    stage.check("it says what is not clear, and until when", lambda: all(w in flat(card) for w in ("not clear", "due")))
    stage.check("none in #clinical", lambda: not stage.card("clinical", ernesto.name))


def feverish(stage: Stage) -> None:
    """The day after a stay: a fever goes to the nurses at once, and the program stands still"""
    opal = _person(stage, "close")
    stage.check("asked", lambda: "papers you took home" in stage.texts(opal)[-1]["body"])
    stage.text(opal, "they are clear, but I have a fever of 102 and chills")
    card = stage.check("a card in #clinical", lambda: stage.card("clinical", opal.name))
    stage.check("it says to call, and her words", lambda: all(w in flat(card) for w in ("Call about", "fever of 102")))
    stage.check("the answer names 911", lambda: "911" in stage.texts(opal)[-1]["body"])
    stage.check("the program is paused", lambda: _latest(stage, opal, "discharge")["state"] == "paused")


def recalled(stage: Stage) -> None:
    """A manager wants a recall: what he is asked, and what he sees before anything leaves"""
    lucia = _person(stage, "spanish")
    _set_free(stage, lucia)
    team = next(team.channel for team in stage.demo.clinic.teams if team.code == "patient_access")
    stage.post("/act/slack/command", {"user": FRANK, "channel": team, "command": "/recall", "text": ""})
    stage.check("a form asks for whom and why", lambda: top_view(stage, FRANK))
    before = len(stage.texts(lucia))
    fill_in(stage, FRANK, cohort=COHORT, program=PROGRAM, population=POPULATION, reason=REASON)
    preview = stage.check("the preview", lambda: _titled(stage, FRANK, "Preview"))
    stage.check("who gets texts, who does not and why", lambda: all(w in preview for w in ("by text", "Why not")))
    stage.check("the text, in both languages", lambda: all(w in preview for w in ("your next visit", "siguiente cita")))
    stage.check("cost, pace and room", lambda: all(w in preview for w in ("$", "patients a day", "free slots")))
    stage.check("population and reason", lambda: POPULATION in preview and REASON in preview)
    fill_in(stage, FRANK)
    stage.check("he asks for a second person", lambda: _campaign(stage, "campaign.review", "second person"))
    stage.check("nothing was sent", lambda: len(stage.texts(lucia)) == before)


def approved(stage: Stage) -> None:
    """A second manager reads the same preview and launches; the first could not have"""
    stage.click(FRANK, _campaign(stage, "campaign.review"), "campaign.review")
    stage.check("no such button for him", lambda: "A second manager has to approve" in _titled(stage, FRANK, "Preview"))
    stage.click(HANNA, _campaign(stage, "campaign.review"), "campaign.review")
    stage.check("she sees who and why", lambda: REASON in _titled(stage, HANNA, "Preview"))
    fill_in(stage, HANNA)
    card = stage.check("the card shows how far it is", lambda: _campaign(stage, "campaign.pause", "Contacted"))
    stage.check(
        "who launched, who approved", lambda: all(name in flat(card) for name in ("Frank Osei", "Hanna Brandt"))
    )
    stage.check("it can be stopped", lambda: "campaign.stop" in buttons(card))


def came_back(stage: Stage) -> None:
    """A patient answers the recall with two digits, and the visit stands in the EHR: no staff needed"""
    lucia = _person(stage, "spanish")
    stage.jump(stage.local(16, 19, 0))
    stage.check("invited, in Spanish", lambda: "siguiente cita" in stage.texts(lucia)[-1]["body"])
    held = {visit["id"] for visit in stage.found("Appointment", patient=f"Patient/{lucia.patient}")}
    stage.text(lucia, "1")
    stage.check("three times to pick from", lambda: "3 =" in stage.texts(lucia)[-1]["body"])
    stage.text(lucia, "2")
    visit = stage.check("the EHR has one new visit", lambda: new_visit(stage, lucia, held))
    slot = visit["slot"][0]["reference"]
    stage.check("its slot is busy", lambda: stage.fhir(slot)["status"] == "busy")
    stage.check("she was told", lambda: "su cita es" in stage.texts(lucia)[-1]["body"])
    stage.check("the recall ended: booked", lambda: _latest(stage, lucia, PROGRAM)["outcome"] == "booked")
    stage.check("why: the cohort, the reason", lambda: REASON in str(_latest(stage, lucia, PROGRAM)))


def _set_free(stage: Stage, person: Person) -> None:
    """Who has an open case is not asked anything else: an agent closes it, nobody picked up the phone."""
    card = stage.card("patient_access", "asked: Tue 12", person.name)
    if card is None:
        raise Failed("the card is not there")
    stage.click(CHLOE, card, "case.claim")
    card = stage.check("her open card is claimed", lambda: stage.card("patient_access", person.name, f"<@{CHLOE}>"))
    stage.click(CHLOE, card, "case.close")
    stage.hold("a form that asks how it ended", lambda: top_view(stage, CHLOE))
    fill_in(stage, CHLOE, disposition="unreachable")
    stage.undone_no_more()
    stage.check("and closed", lambda: stage.why(person, "no_show")["outcome"] == "unreachable")


def _person(stage: Stage, role: str) -> Person:
    return stage.demo.clinic.people[role]


def _word(stage: Stage, person: Person) -> str:
    """Whether the patient comes, as the EHR has it."""
    visit = stage.fhir(f"Appointment/{person.appointment}")
    mine = (one for one in visit["participant"] if one["actor"]["reference"] == f"Patient/{person.patient}")
    return str(next(mine)["status"])


def _latest(stage: Stage, person: Person, program: str) -> Json:
    told = [story for story in stage.stories(person) if story["program"] == program]
    if not told:
        raise Failed(f"there is no {program} enrollment")
    return told[-1]


def _coming(stage: Stage, person: Person) -> bool:
    """Whether Careloop will remind of a visit that was booked on the ward."""
    return _waits(_latest(stage, person, "reminder"))


def _waits(story: Json) -> bool:
    return story["outcome"] is None and story["state"] in ("active", "waiting")


def _titled(stage: Stage, user: str, title: str) -> str:
    """All words of somebody's form, once it has this title."""
    shown = top_view(stage, user)
    return str(shown["view"]["blocks"]) if shown and title in str(shown["view"]["title"]) else ""


def _campaign(stage: Stage, button: str, *words: str) -> Json:
    """The campaign's card, once it has this button; empty before."""
    card = stage.card("patient_access", "Campaign", *words)
    return card if card is not None and button in buttons(card) else {}
