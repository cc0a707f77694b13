"""Automatic answers to a patient's own text."""

from sqlalchemy import select

from storage import messages, numbers
from storage.tables import Message
from tests.service.desk import PHONE, Desk
from workflows import answers


def test_a_confirmation_without_a_visit_to_name_is_thanked(desk: Desk) -> None:
    patient = desk.patient(phone=PHONE)

    with desk.begin() as session:
        number = numbers.add(session, PHONE)
        heard = messages.receive(session, number_id=number.id, body="yes", sid="SM1", patient_id=patient)
        answers.answer(session, heard, "confirmed")
        said = session.scalars(select(Message).where(Message.direction == "out")).one()

        assert "thank you" in messages.body(session, said)
        assert "{" not in messages.body(session, said)


def test_only_so_many_answers_go_to_a_number_in_an_hour(desk: Desk) -> None:
    desk.patient(phone=PHONE)

    with desk.begin() as session:
        number = numbers.add(session, PHONE)
        for n in range(answers.PER_HOUR + 2):
            heard = messages.receive(session, number_id=number.id, body="hello", sid=f"SM{n}", patient_id=None)
            answers.answer(session, heard, "person_ack")
        sent = session.scalars(select(Message).where(Message.direction == "out")).all()

        assert len(sent) == answers.PER_HOUR
