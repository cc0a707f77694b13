"""A patient books without a person: by a digit, or on the page behind the link that was promised."""

import re

import pytest
from httpx import Client, Response
from sqlalchemy import select

from storage.tables import Slot
from tests.world import World
from workflows import publishing

pytestmark = pytest.mark.phi("any")

PROGRAM = """
grammar: 1
program: no_show
title: Missed visit
purpose: Offers times after a missed visit.
trigger: {event: appointment.noshow, fresh: 24h}
goal: {appointment: booked, within: 14d}
stop_on: {appointment.booked: booked, patient.deceased: deceased}
touch_blocked: {case: {kind: call_task, team: patient_access, due: 4 business hours}, on: {booked: booked}}
steps:
  times: {ask: times, slots: 3, wait: 1d, on: {slot: book, 4: page, no_slots: desk}, silence: desk}
  page: {ask: page, answer: true, form: times, wait: 1d, on: {form: book}, silence: desk}
  again: {ask: again, answer: true, slots: 3, wait: 1d, on: {slot: book, no_slots: desk}, silence: desk}
  book: {book: slot, on: {booked: booked, taken: again}}
  desk: {case: {kind: reschedule, team: patient_access, due: 4 business hours}}
  booked: {outcome: booked}
texts:
  times: {en: "{clinic}: {slots}. 4 = by link.", es: "{clinic}: {slots}. 4 = por enlace."}
  page: {en: "{clinic}: pick a time: {link}", es: "{clinic}: elija una hora: {link}"}
  again: {en: "{clinic}: that time was just taken. {slots}.", es: "{clinic}: esa hora ya no queda. {slots}."}
"""


@pytest.fixture
def offered(world: World) -> World:
    """The patient missed the visit and has three times on the phone."""
    with world.begin() as session:
        publishing.publish(session, PROGRAM, actor="system")
    world.no_show("story")
    return world


def slots_of(world: World) -> list[str]:
    """The EHR's status of the slot of each booked visit."""
    names = [slot["reference"] for visit in world.booked("story") for slot in visit["slot"]]
    return [world.fhir(name)["status"] for name in names]


@pytest.mark.req("S69", by="workflows.offers:book")
@pytest.mark.req("S28", by="workflows.booking:_booked_alone")
def test_a_digit_books_the_visit_in_the_ehr_and_then_confirms_it(offered: World) -> None:
    [said] = offered.texts("story")
    second = re.search(r"2 = (\w+ \w+ \d+, [\d:]+ [ap]m)", said)
    assert second is not None

    offered.text("story", "2")

    assert slots_of(offered) == ["busy"]
    assert [text for text in offered.texts("story") if "you are set for" in text] == [
        f"Lakeside Clinic: you are set for {second[1]}. Reply 2 if that does not work."
    ]
    story = offered.why("story")
    assert (story["outcome"], story["routing"]) == ("booked", "booked")
    assert [card for card in offered.cards("patient_access") if "Dana Whitfield" in card] == []


def test_a_time_that_the_ehr_gave_away_meanwhile_is_answered_with_others(offered: World) -> None:
    with offered.unattended():
        offered.text("story", "1")
    with offered.begin() as session:
        held = session.scalars(select(Slot.ehr_id).where(Slot.held_by_enrollment.is_not(None))).one()
    with offered.unattended():
        offered.act("ehr/slot_taken", slot=held)

    offered.hurry()

    assert offered.booked("story") == []
    assert "that time was just taken. 1 = " in offered.texts("story")[-1]


@pytest.mark.req("S36", by="workflows.forms.links:link")
def test_the_promised_link_opens_a_page_where_a_time_is_picked_once(offered: World) -> None:
    offered.text("story", "4")
    found = re.search(r"http\S+/f/\w+", offered.texts("story")[-1])
    assert found is not None
    with Client(follow_redirects=True, trust_env=False, timeout=30) as phone:
        year = offered.fhir(f"Patient/{offered.person('story').patient}")["birthDate"][:4]
        times = phone.post(found[0], data={"birth_year": year})
        done = pick(phone, found[0], times, year)
        offered.drain()

        assert "will text you in a moment" in done.text
        assert slots_of(offered) == ["busy"]
        assert "you are set for" in offered.texts("story")[-1]
        assert "will text you in a moment" in pick(phone, found[0], times, year).text
        assert len(offered.booked("story")) == 1


def pick(phone: Client, link: str, times: Response, year: str) -> Response:
    slot = re.search(r'value="(slt_\w+)"', times.text)
    assert slot is not None
    return phone.post(link, data={"birth_year": year, "slot": slot[1], "send": "1"})
