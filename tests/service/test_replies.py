"""A person writes to a patient from a case."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from core.errors import Refused
from storage import audit, messages, numbers
from storage.outbox import Lane
from storage.tables import Case, Message
from tests.business_clock import set_business_time
from tests.databases import Database
from tests.factories import MONDAY_NOON
from tests.page_scene import Scene, clinic
from workflows import replies, sending


@pytest.fixture
def scene(clean_database: Database) -> Iterator[Scene]:
    with clinic(clean_database) as made:
        made.claimed()
        yield made


def say(scene: Scene, text: str, *, name: str = "Dana", form_id: UUID | None = None) -> UUID:
    who = scene.who(name)
    with scene.db.begin(org=scene.org) as session:
        return replies.reply(session, scene.case_id, text, by=who, form_id=form_id or uuid4())


def sent(scene: Scene) -> list[str]:
    with scene.db.begin(org=scene.org) as session:
        rows = session.query(Message).filter_by(direction="out").order_by(Message.id)
        return [messages.body(session, row) for row in rows]


def judged(scene: Scene, message_id: UUID) -> Message:
    with scene.db.begin(org=scene.org) as session:
        sending.claim(session, Lane.REPLIES)
    with scene.db.begin(org=scene.org) as session:
        return messages.get(session, message_id)


@pytest.mark.req("S25")
def test_the_text_begins_with_the_clinics_name_and_leaves_through_the_gate(scene: Scene) -> None:
    message_id = say(scene, "  Tuesday at 1:00 pm is free.\r\nDoes that work?  ")

    message = judged(scene, message_id)

    assert sent(scene) == ["Lakeside Clinic: Tuesday at 1:00 pm is free.\nDoes that work?"]
    assert (message.state, message.staff_id, message.case_id) == ("sending", scene.staff["Dana"], scene.case_id)


def test_at_night_the_text_waits_for_the_morning(scene: Scene, database_urls: Database) -> None:
    set_business_time(database_urls.owner_url, MONDAY_NOON + timedelta(hours=11))

    message = judged(scene, say(scene, "Tuesday is free."))

    assert message.state == "held"
    assert message.hold_until == MONDAY_NOON + timedelta(hours=21)  # 9 am in Chicago


def test_without_consent_a_text_leaves_only_while_the_patient_is_talking(scene: Scene, database_urls: Database) -> None:
    with scene.db.begin(org=scene.org) as session:
        session.connection().exec_driver_sql("DELETE FROM consents")
    first = judged(scene, say(scene, "Tuesday is free."))
    set_business_time(database_urls.owner_url, MONDAY_NOON + timedelta(hours=25))

    second = judged(scene, say(scene, "Are you there?"))

    assert (first.state, second.state, second.rule) == ("sending", "refused", "consent.none")


def test_a_double_click_sends_once(scene: Scene) -> None:
    form = uuid4()

    first, second = say(scene, "Tuesday?", form_id=form), say(scene, "Tuesday?", form_id=form)

    assert first == second
    assert len(sent(scene)) == 1


def test_a_form_sent_again_with_another_text_is_refused_not_lost(scene: Scene) -> None:
    form = uuid4()
    say(scene, "Tuesday?", form_id=form)

    with pytest.raises(Refused, match="another text"):
        say(scene, "Wednesday?", form_id=form)


@pytest.mark.parametrize("text", ["", "   \n ", "\u200b"])
def test_an_empty_text_is_refused(scene: Scene, text: str) -> None:
    with pytest.raises(Refused, match="empty"):
        say(scene, text)


def test_three_segments_are_the_most_brand_included(scene: Scene) -> None:
    most = 3 * 153 - len("Lakeside Clinic: ")
    say(scene, "a" * most)

    with pytest.raises(Refused, match="4 segments long, 3 is the most"):
        say(scene, "a" * (most + 1))


def test_typographic_quotes_cost_nothing_extra(scene: Scene) -> None:
    say(scene, "We’re open – call us")

    assert sent(scene) == ["Lakeside Clinic: We're open - call us"]


def test_a_number_that_opted_out_gets_no_text(scene: Scene) -> None:
    with scene.db.begin(org=scene.org) as session:
        numbers.suppress(session, scene.number_id, source="keyword", message_id=None)

    with pytest.raises(Refused, match="opted out of texts"):
        say(scene, "Tuesday?")
    assert sent(scene) == []


def test_a_landline_gets_no_text(scene: Scene) -> None:
    with scene.db.begin(org=scene.org) as session:
        numbers.lock(session, scene.number_id).textable = "no"

    with pytest.raises(Refused, match="cannot get texts"):
        say(scene, "Tuesday?")


def test_without_a_number_there_is_nothing_to_text(scene: Scene) -> None:
    with scene.db.begin(org=scene.org) as session:
        session.execute(update(Case).values(number_id=None))
        session.connection().exec_driver_sql("DELETE FROM patient_numbers")

    with pytest.raises(Refused, match="no phone number"):
        say(scene, "Tuesday?")


def test_a_case_without_a_number_uses_the_patients_best(scene: Scene) -> None:
    with scene.db.begin(org=scene.org) as session:
        session.execute(update(Case).values(number_id=None))

    say(scene, "Tuesday?")

    assert len(sent(scene)) == 1


def test_only_the_owner_writes(scene: Scene) -> None:
    with pytest.raises(Refused, match="belongs to Patient access"):
        say(scene, "Tuesday?", name="Ola")
    assert sent(scene) == []


def test_a_reply_is_audited_without_its_words(scene: Scene) -> None:
    say(scene, "Tuesday?")

    with scene.db.begin(org=scene.org) as session:
        rows = [row for row in audit.of_subject(session, "case", scene.cas) if row.action == "case.replied"]

    assert [row.actor for row in rows] == [f"staff:{scene.staff['Dana']}"]
    assert "Tuesday" not in str(rows[0].detail)
