"""Who may be written to in a patient's place, and who may not."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from sqlalchemy import update

from storage import numbers
from storage.outbox import Lane
from storage.tables import Patient
from tests.factories import MONDAY_NOON
from tests.service.desk import PHONE, Desk
from workflows import proxies

MOTHER = "+13125550177"
EIGHTEEN = date(2008, 11, 23)


def child(desk: Desk, *, born: date = date(2015, 5, 5), **facts: object) -> UUID:
    """A child without a number of their own, whose mother is the guardian on file."""
    patient = desk.patient(phone=None, birth=born, **facts)
    name(desk, patient, "guardian")
    return patient


def name(desk: Desk, patient: UUID, relation: str, scope: str = "all", phone: str = MOTHER) -> None:
    with desk.begin() as session:
        number = numbers.add(session, phone, textable="yes")
        proxies.name(session, patient, number, person="Maria Delgado", relation=relation, scope=scope, source="staff")
    desk.consent(phone)


def test_a_guardian_gets_a_child_s_texts(desk: Desk) -> None:
    desk.missed(child(desk))

    assert [item.to for item in desk.claim()] == [MOTHER]


@pytest.mark.req("P7")
def test_but_not_those_about_a_confidential_matter(desk: Desk) -> None:
    patient = child(desk, sensitive=["reproductive"])
    desk.missed(patient)
    desk.settings(neutral_sender="Lakeside")

    assert desk.claim() == []
    assert "refused proxy.confidential" in desk.rules()


def test_on_the_eighteenth_birthday_guardian_texts_stop_and_the_patient_is_asked(desk: Desk) -> None:
    patient = child(desk, born=date(2008, 11, 24))
    desk.missed(patient)
    assert len(desk.claim()) == 1
    with desk.begin() as session:
        assert proxies.come_of_age(session) == 0

    desk.at(datetime(2026, 11, 24, 15, tzinfo=UTC))
    with desk.begin() as session:
        assert proxies.come_of_age(session) == 1
        assert proxies.come_of_age(session) == 0

    assert {("admin", "came_of_age"), ("missing_contact", "proxy.came_of_age")} <= {
        (c.kind, c.reason) for c in desk.cases()
    }


def test_a_claim_on_the_birthday_itself_does_not_wait_for_the_daily_round(desk: Desk) -> None:
    patient = child(desk)
    desk.missed(patient)
    with desk.begin() as session:
        row = session.get(Patient, (desk.org, patient))
        assert row is not None
        session.execute(update(Patient).values(birth_year=2000, birth_date=None))

    assert desk.claim() == []
    assert "refused proxy.came_of_age" in desk.rules()


def test_a_relative_nobody_listed_gets_no_detail_a_person_reads_it(desk: Desk) -> None:
    desk.enrolled()
    desk.claim()

    desk.text("this is her daughter, when is her appointment?")

    assert [item.body for item in desk.claim(Lane.REPLIES)] == [
        "Lakeside Clinic: thank you, we have your message. A person from our team will answer you."
    ]
    assert [case.team_id is not None for case in desk.cases()] == [True]


def test_a_listed_proxy_who_writes_is_matched_to_the_patient(desk: Desk) -> None:
    patient = desk.patient()
    name(desk, patient, "child", "visits")

    desk.text("this is her daughter, we need another time", phone=MOTHER)

    assert [(case.kind, case.patient_id) for case in desk.cases()] == [("reschedule", patient)]


def test_whose_proxy_was_withdrawn_is_written_to_no_more(desk: Desk) -> None:
    patient = child(desk)
    desk.missed(patient)
    with desk.begin() as session:
        number = numbers.find(session, MOTHER)
        assert number is not None
        proxies.withdraw(session, patient, number.id, reason="withdrawn")

    assert desk.claim() == []
    assert "refused proxy.ended" in desk.rules()


@pytest.mark.parametrize(
    ("today", "born", "grown"),
    [
        (MONDAY_NOON, EIGHTEEN, True),
        (MONDAY_NOON, date(2008, 11, 24), False),
        (MONDAY_NOON, date(2009, 1, 1), False),
        (MONDAY_NOON, date(1961, 4, 12), True),
    ],
)
def test_of_age_is_the_birthday_itself(desk: Desk, today: datetime, born: date, grown: bool) -> None:
    patient = desk.patient(birth=born)
    desk.at(today)

    with desk.begin() as session:
        row = session.get(Patient, (desk.org, patient))
        assert row is not None
        assert proxies.of_age(session, row) is grown
        assert numbers.find(session, PHONE) is not None


def test_born_on_the_29th_of_february_is_of_age_on_the_first_of_march() -> None:
    assert proxies.first_day_of_age(date(2008, 2, 29)) == date(2026, 3, 1)
