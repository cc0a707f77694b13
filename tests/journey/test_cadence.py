"""Touches in their time: reminders, three texts, caps, windows, and what becomes of a touch that may not leave."""

import pytest

from tests.world import BRUNO, World


def remind(world: World) -> None:
    """Both reminders of the visits on Thursday, then the day itself."""
    world.at(0, 9, 5)
    world.at(2, 9, 5)
    world.at(3, 14, 10)


@pytest.mark.req("S1", by="workflows.moments:when")
def test_the_reminders_leave_three_days_and_one_day_before_at_nine(monday: World) -> None:
    monday.at(0, 8, 59)
    assert monday.texts("story") == []

    monday.at(0, 9, 0)
    monday.at(1, 12, 0)
    monday.at(2, 9, 0)

    first, second = monday.texts("story")
    assert "visit is Thu Dec 3, 1:30 pm. Reply 1 to keep it" in first
    assert "we look forward to seeing you Thu Dec 3, 1:30 pm" in second


@pytest.mark.req("S20", by="workflows.engine:_reply")
def test_a_confirmed_reminder_ends_the_reminders(monday: World) -> None:
    monday.at(0, 9, 0)

    monday.text("story", "1")
    monday.at(2, 9, 0)

    assert monday.texts("story")[1:] == [
        "Lakeside Clinic: thank you, see you Thu Dec 3, 1:30 pm. Call 312-555-0100 if something changes."
    ]
    assert monday.why("story", "reminder")["outcome"] == "confirmed"


@pytest.mark.req("S25")
@pytest.mark.req("N1")
def test_reminders_count_toward_the_week_and_the_blocked_touch_becomes_a_call_that_counts(monday: World) -> None:
    remind(monday)
    monday.no_show("story")
    assert len(monday.texts("story")) == 3

    monday.at(5, 9, 0)

    assert len(monday.texts("story")) == 3
    assert "blocked cap.week" in monday.rules("story")
    assert "limit of three texts a week" in monday.card("patient_access", "Call:")
    assert monday.why("story")["touches"] == 2
    opened = next(e for e in monday.why("story")["entries"] if e["kind"] == "case")
    assert opened["at"] <= "2026-12-05T15:05"


@pytest.mark.req("S17", by="workflows.moments:after")
@pytest.mark.req("S24", by="workflows.turn:Turn.open")
@pytest.mark.req("S25", by="workflows.turn:Turn.open")
@pytest.mark.req("S40", by="workflows.enrollments:Moves._open")
def test_silence_after_three_touches_becomes_a_call_task(world: World) -> None:
    world.no_show("silent")
    world.at(5, 9, 0)
    world.at(8, 9, 0)
    assert world.cards("patient_access") == []

    world.at(10, 9, 0)

    texts = world.texts("silent")
    assert len(texts) == 3
    assert "this is our last text about it" in texts[2]
    card = world.card("patient_access", "Call: texts were not answered")
    assert "Tessa Moreland" in card
    assert world.why("silent")["routing"] == "escalated"
    world.at(14, 12, 0)
    assert len(world.texts("silent")) == 3


@pytest.mark.req("N12", by="workflows.gate:next_legal")
def test_a_touch_outside_the_window_waits_and_leaves_at_the_opening(world: World) -> None:
    world.at(3, 21, 30)

    world.no_show("story")
    assert world.texts("story") == []
    assert "held window.T1.federal" in world.rules("story")
    told = world.command(BRUNO, world.channel("patient_access"), f"why {world.why('story')['enrollment']}")
    assert "held window.T1.federal, until Fri Dec 4 09:00" in told
    assert (
        "*Next text: Fri Dec 4, 9:00 am at the patient's. 8 am to 9 pm where the patient is (window.T1.federal)*"
        in told
    )

    world.at(4, 8, 59)
    assert world.texts("story") == []
    world.at(4, 9, 0)
    assert len(world.texts("story")) == 1


@pytest.mark.req("N1", by="storage.ledger:write")
def test_without_consent_nothing_is_sent_the_rule_is_kept_and_a_person_takes_it(world: World) -> None:
    world.no_show("no_consent")

    assert world.texts("no_consent") == []
    assert "refused consent.none" in world.rules("no_consent")
    assert "Marcus Field" in world.card("patient_access", "Find a way")


@pytest.mark.req("S46")
@pytest.mark.parametrize(("role", "rule"), [("no_phone", "number.none"), ("landline", "number.none")])
def test_a_patient_without_a_textable_number_is_not_silently_skipped(world: World, role: str, rule: str) -> None:
    world.no_show(role)

    assert f"refused {rule}" in world.rules(role)
    card = world.card("patient_access", "Find a way to reach the patient", world.person(role).name)
    assert card.control("Reschedule") is None


@pytest.mark.req("S46", by="workflows.engine:_touch_failed")
def test_a_number_that_turns_out_bad_becomes_a_missing_contact(world: World) -> None:
    world.fault("phones", number=world.person("story").number, error_code=30005, on="callback")

    world.no_show("story")

    assert "failed provider.30005" in world.rules("story")
    assert "texts do not arrive" in world.card("patient_access", "Find a way")
    world.at(5, 9, 0)
    assert len(world.texts("story")) == 1


@pytest.mark.req("S38")
def test_a_spanish_patient_gets_spanish(world: World) -> None:
    world.no_show("spanish")
    world.text("spanish", "2")

    first, answer = world.texts("spanish")
    assert "sentimos no haberle visto" in first
    assert "AYUDA o STOP" in first
    assert answer == "Lakeside Clinic: gracias. Una persona de nuestro equipo le va a llamar."


@pytest.mark.req("N17")
def test_a_death_charted_in_the_ehr_ends_the_program(world: World) -> None:
    world.no_show("story")

    world.act("ehr/deceased", patient=world.person("story").patient)
    world.at(5, 9, 0)

    assert len(world.texts("story")) == 1
    assert world.why("story")["outcome"] == "deceased"


@pytest.mark.req("N17")
def test_what_the_ehr_learned_after_the_text_was_planned_still_stops_it(world: World) -> None:
    world.no_show("story")
    world.theatre.web.stage.app, web = _deaf, world.theatre.web.stage.app
    world.act("ehr/deceased", patient=world.person("story").patient)
    world.theatre.web.stage.app = web
    forget_reading(world)

    world.at(5, 9, 0)

    assert len(world.texts("story")) == 1
    assert world.why("story")["outcome"] == "deceased"


@pytest.mark.req("N5", by="workflows.gate:_cap")
def test_two_patients_on_one_number_get_one_text_a_day(world: World) -> None:
    world.no_show("shared_one")
    world.no_show("shared_two")
    world.text("shared_one", "2")

    assert len(world.texts("shared_one")) == 2
    assert "held cap.day" in world.rules("shared_two")
    world.at(4, 9, 0)
    assert len(world.texts("shared_one")) == 3


@pytest.mark.req("S16", by="workflows.admission:_closed")
def test_a_no_show_older_than_a_day_is_recorded_and_not_answered(world: World) -> None:
    world.at(5, 14, 0)

    world.no_show("story")

    assert world.texts("story") == []
    with world.begin() as session:
        row = session.connection().exec_driver_sql(
            "SELECT verdict FROM trigger_events WHERE kind = 'appointment.noshow'"
        )
        assert row.scalars().all() == ["stale"]


async def _deaf(scope: object, receive: object, send: object) -> None:
    """A web that answers nothing useful: the EHR's notification is lost."""
    await send({"type": "http.response.start", "status": 503, "headers": []})  # type: ignore[operator]
    await send({"type": "http.response.body", "body": b""})  # type: ignore[operator]


def forget_reading(world: World) -> None:
    """The mirror was read a minute ago: old enough to be read again before a text."""
    with world.begin() as session:
        session.connection().exec_driver_sql(
            "UPDATE patients SET ehr_read_at = clock_timestamp() - interval '1 minute'"
        )
