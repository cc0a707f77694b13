"""Messages: written once, attempts numbered, bodies sealed, and what the caps count."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.clock import machine
from core.errors import Permanent
from storage import messages
from storage.db import Database, now, org_of, vault
from storage.messages import Draft
from storage.tables import Attempt, Message
from tests import databases, factories
from tests.business_clock import reset, set_business_time

BODY = "Lakeside Clinic: sorry we missed you. Reply 1 to rebook."
NOON = factories.MONDAY_NOON


@pytest.fixture
def number(db: Database, org: UUID) -> UUID:
    with db.begin(org=org) as session:
        return factories.a_number(session).id


@pytest.fixture
def clock(clean_database: databases.Database) -> Iterator[Any]:
    """Business time stands where the test puts it."""
    yield lambda at: set_business_time(clean_database.owner_url, at)
    reset(clean_database.owner_url)


def a_draft(number: UUID, key: str = "enr-1:touch-1", **more: Any) -> Draft:
    usual: dict[str, Any] = {"number_id": number, "body": BODY, "purpose": "program", "dedupe_key": key}
    return Draft(**(usual | more))


def planned(db: Database, org: UUID, *drafts: Draft) -> list[UUID]:
    with db.begin(org=org) as session:
        return messages.plan(session, drafts)


def begun(session: Session, ids: list[UUID]) -> dict[UUID, UUID]:
    return messages.begin_attempts(session, ids, started_at=machine(), lease_s=30)


def test_a_message_with_the_same_key_is_planned_once(db: Database, org: UUID, number: UUID) -> None:
    (first,) = planned(db, org, a_draft(number))

    again = planned(db, org, a_draft(number, body="another text"), a_draft(number, "enr-1:touch-2"))

    assert len(again) == 1
    with db.begin(org=org) as session:
        assert messages.body(session, messages.get(session, first)) == BODY
        assert messages.get(session, again[0]).dedupe_key == "enr-1:touch-2"


def test_a_key_twice_in_one_call_is_planned_once(db: Database, org: UUID, number: UUID) -> None:
    assert len(planned(db, org, a_draft(number), a_draft(number))) == 1
    assert planned(db, org) == []


def test_another_organisation_may_use_the_same_key(db: Database, org: UUID, number: UUID) -> None:
    planned(db, org, a_draft(number))
    other = factories.an_organisation(db, name="Hillside Clinic")
    with db.begin(org=other) as session:
        theirs = factories.a_number(session).id

    assert len(planned(db, other, a_draft(theirs))) == 1


@pytest.mark.req("S25")
def test_the_raw_columns_hold_neither_the_body_nor_the_number(
    clean_database: databases.Database, db: Database, org: UUID
) -> None:
    with db.begin(org=org) as session:
        patient = factories.a_patient(session, given="Rosa", family="Delgado", phone="+13125550101")
        number = factories.a_number(session, phone="+13125550101")
        messages.plan(session, [a_draft(number.id, patient_id=patient.id)])
        messages.receive(session, number_id=number.id, body="chest pain", sid="SM1", patient_id=patient.id)

    with psycopg.connect(clean_database.superuser_url) as connection:
        raw = b"".join(
            column
            for (table, name) in (("messages", "body"), ("patients", "given"), ("phone_numbers", "e164"))
            for (column,) in connection.execute(f"SELECT {name} FROM {table}")
        )
    assert raw
    for clear in (b"missed you", b"chest", b"Rosa", b"5550101"):
        assert clear not in raw


def test_a_body_moved_to_another_message_does_not_open(db: Database, org: UUID, number: UUID) -> None:
    one, other = planned(db, org, a_draft(number), a_draft(number, "enr-1:touch-2"))

    with db.begin(org=org) as session:
        moved = messages.get(session, one).body
        with pytest.raises(Permanent):
            vault(session).open(moved, "messages.body", other)


def test_beginning_to_send_numbers_the_attempts_of_each_message(db: Database, org: UUID, number: UUID) -> None:
    one, other = planned(db, org, a_draft(number), a_draft(number, "enr-1:touch-2"))

    with db.begin(org=org) as session:
        first = begun(session, [one])
        second = begun(session, [one, other])

        found = [attempt_of(session, attempt) for attempt in (first[one], second[one], second[other])]
        numbers = {attempt.id: attempt.no for attempt in found if attempt}
        assert numbers == {first[one]: 1, second[one]: 2, second[other]: 1}
        assert {m.state for m in messages.get_many(session, [one, other]).values()} == {"sending"}
        assert begun(session, []) == {}


def attempt_of(session: Session, attempt: UUID) -> Attempt | None:
    return messages.attempt(session, attempt, lock=True)


def test_an_attempt_nobody_knows_is_none(db: Database, org: UUID) -> None:
    with db.begin(org=org) as session:
        assert messages.attempt(session, uuid4()) is None


def test_an_attempt_past_its_lease_is_overdue_and_a_fresh_one_is_not(db: Database, org: UUID, number: UUID) -> None:
    one, other = planned(db, org, a_draft(number), a_draft(number, "enr-1:touch-2"))
    with db.begin(org=org) as session:
        late = messages.begin_attempts(session, [one], started_at=machine() - timedelta(minutes=5), lease_s=30)
        begun(session, [other])

    with db.begin(org=org) as session:
        assert [a.id for a in messages.overdue_attempts(session, most=10)] == [late[one]]


def test_a_status_said_twice_is_kept_once(db: Database, org: UUID) -> None:
    said = {"attempt_id": None, "sid": "SM1", "status": "delivered", "error_code": ""}

    with db.begin(org=org) as session:
        assert messages.provider_said(session, **said)  # type: ignore[arg-type]
    with db.begin(org=org) as session:
        assert not messages.provider_said(session, **said)  # type: ignore[arg-type]
        assert messages.provider_said(session, **(said | {"status": "undelivered", "error_code": "30003"}))  # type: ignore[arg-type]


def test_what_the_caps_count_is_program_texts_that_left_or_may_have(
    db: Database, org: UUID, number: UUID, clock: Any
) -> None:
    counted = ["sending", "unknown", "accepted", "sent", "delivered", "undelivered", "presumed_sent"]
    not_counted = ["planned", "held", "refused", "cancelled", "not_sent", "failed"]
    clock(NOON)
    ids = planned(db, org, *(a_draft(number, state) for state in counted + not_counted))
    (answer,) = planned(db, org, a_draft(number, "answer", purpose="answer"))
    with db.begin(org=org) as session:
        begun(session, [*ids, answer])
        for message, state in zip(ids, counted + not_counted, strict=True):
            messages.move(session, [message], state=state)

    with db.begin(org=org) as session:
        assert messages.sent_times(session, [number], since=NOON - timedelta(days=7)) == {number: [NOON] * len(counted)}
        assert messages.sent_times(session, [number], since=NOON) == {}
        assert messages.sent_times(session, [], since=NOON - timedelta(days=7)) == {}


def test_a_text_not_begun_can_be_cancelled_and_one_that_has_begun_cannot(db: Database, org: UUID, number: UUID) -> None:
    waiting, held, begun_one = planned(db, org, *(a_draft(number, str(n)) for n in range(3)))
    with db.begin(org=org) as session:
        messages.move(session, [held], state="held", rule="window.org")
        begun(session, [begun_one])

        gone = messages.cancel_planned(session, number_id=number, rule="suppressed")

        assert set(gone) == {waiting, held}
        states = {m.id: (m.state, m.rule) for m in messages.get_many(session, [waiting, held, begun_one]).values()}
    assert states[waiting] == states[held] == ("cancelled", "suppressed")
    assert states[begun_one][0] == "sending"


def test_a_held_message_is_planned_again_when_its_business_time_has_come(
    db: Database, org: UUID, number: UUID, clock: Any
) -> None:
    clock(NOON)
    soon, later = planned(db, org, a_draft(number), a_draft(number, "enr-1:touch-2", purpose="booking"))
    with db.begin(org=org) as session:
        messages.move(session, [soon], state="held", rule="window.org", hold_until=NOON + timedelta(hours=1))
        messages.move(session, [later], state="held", rule="window.org", hold_until=NOON + timedelta(hours=3))
        assert messages.release_held(session, most=10) == []
    clock(NOON + timedelta(hours=1))

    assert db.due_orgs("delivery") == [org]
    with db.begin(org=org) as session:
        assert messages.release_held(session, most=10) == [(soon, "program")]
        assert messages.get(session, soon).state == "planned"
        assert messages.get(session, later).state == "held"
    assert db.due_orgs("delivery") == []


def test_an_inbound_text_is_found_by_the_providers_id_and_belongs_to_a_conversation(
    db: Database, org: UUID, number: UUID
) -> None:
    with db.begin(org=org) as session:
        stranger = messages.receive(session, number_id=number, body="who is this", sid="SM1", patient_id=None)
        again = messages.receive(session, number_id=number, body="hello?", sid="SM2", patient_id=None)
        patient = factories.a_patient(session)
        known = messages.receive(session, number_id=number, body="1", sid="SM3", patient_id=patient.id)

        found = messages.by_sid(session, "SM1")
        assert found is not None
        assert found.id == stranger.id
        assert messages.by_sid(session, "SM9") is None
        assert messages.body(session, found) == "who is this"
    assert stranger.conversation_id == again.conversation_id != known.conversation_id


def test_one_provider_id_cannot_belong_to_two_messages(db: Database, org: UUID, number: UUID) -> None:
    with db.begin(org=org) as session:
        first = messages.receive(session, number_id=number, body="1", sid="SM1", patient_id=None)

        with pytest.raises(IntegrityError), session.begin_nested():
            session.add(
                Message(
                    org_id=org_of(session),
                    number_id=number,
                    direction="in",
                    purpose="inbound",
                    dedupe_key="other",
                    body=first.body,
                    state="received",
                    provider_sid="SM1",
                    created_at=now(session),
                    state_at=now(session),
                )
            )


def test_the_question_a_reply_answers_is_the_newest_program_text_that_left(
    db: Database, org: UUID, number: UUID, clock: Any
) -> None:
    first, second, unsent = planned(db, org, *(a_draft(number, str(n)) for n in range(3)))
    for at, message in ((NOON, first), (NOON + timedelta(days=1), second)):
        clock(at)
        with db.begin(org=org) as session:
            begun(session, [message])

    with db.begin(org=org) as session:
        newest = messages.latest_program_text(session, number, since=NOON - timedelta(days=14))
        assert newest is not None
        assert newest.id == second != unsent
        assert messages.latest_program_text(session, number, since=datetime(2026, 12, 1, tzinfo=UTC)) is None


def test_which_provider_ids_are_taken_is_known(db: Database, org: UUID, number: UUID) -> None:
    (one,) = planned(db, org, a_draft(number))
    with db.begin(org=org) as session:
        attempt = attempt_of(session, begun(session, [one])[one])
        assert attempt is not None
        attempt.provider_sid = "SM1"

    with db.begin(org=org) as session:
        assert messages.known_sids(session, ["SM1", "SM2"]) == {"SM1"}
