"""Who interpreted is asked for when an interpreter's case is closed, and stands on the card, in the EHR and in the audit."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from storage.tables import AuditRow, Case, Patient, PatientNumber
from tests.world import BRUNO, GRETA, World
from workflows import cases, closing, staff, undoing
from workflows.cases import Opening
from workflows.interpreting import Interpreted

pytestmark = pytest.mark.phi("any")

HEARD: dict[str, Any] = {"interpreter": "LanguageLine 4411", "language": "vi", "how": "phone"}
ASK = "Say who interpreted: a name or number, the language and how. The case is still open."


@pytest.fixture
def calling(world: World) -> World:
    """Bruno has the case of a patient for whom no text is approved."""
    world.no_show("story")
    with world.begin() as session:
        patient = session.scalars(
            select(Patient).join(PatientNumber, PatientNumber.patient_id == Patient.id).limit(1)
        ).one()
        patient.language = "vi"
        opening = Opening(
            kind="interpreter", team="patient_access", reason="language", due="4 business hours", dedupe_key="one",
            patient_id=patient.id,
        )  # fmt: skip
        cases.open_one(session, opening)
    world.drain()
    world.click("Claim", world.card("patient_access", "Call with an interpreter"), by=BRUNO)
    return world


def close(world: World, **filled: str) -> str:
    """What the form answers."""
    world.click("Close", world.card("patient_access", "Call with an interpreter"), by=BRUNO)
    return str(world.submit(BRUNO, **filled))


def kept(world: World) -> list[dict[str, Any]]:
    with world.begin() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.action == "case.interpreter"))
        return [row.detail for row in rows]


def case(world: World) -> Case:
    with world.begin() as session:
        return session.scalars(select(Case).where(Case.kind == "interpreter")).one()


@pytest.mark.phi("full")
@pytest.mark.req("S56", by="workflows.interpreting:keep")
def test_who_interpreted_stands_on_the_card_in_the_ehr_and_in_the_audit(calling: World) -> None:
    close(calling, disposition="interpreted", **HEARD)

    card = calling.card("patient_access", "Closed")
    assert "Spoke with the patient through an interpreter (Vietnamese, by phone, LanguageLine 4411)" in card
    assert kept(calling) == [HEARD]
    (task,) = calling.found("Task")
    assert task["note"] == [{"text": "Interpreter: Vietnamese, by phone, LanguageLine 4411"}]
    assert task["output"][0]["valueString"] == "interpreted"


@pytest.mark.phi("full")
@pytest.mark.parametrize("missing", HEARD)
def test_it_is_not_closed_as_interpreted_without_who_in_which_language_and_how(calling: World, missing: str) -> None:
    said = close(calling, disposition="interpreted", **{name: said for name, said in HEARD.items() if name != missing})

    if missing == "language":  # it begins with the patient's own
        assert kept(calling) == [HEARD]
    else:
        assert (case(calling).state, kept(calling)) == ("claimed", [])
        assert ASK in said


@pytest.mark.phi("full")
@pytest.mark.parametrize("who", ["(312) 555-0101", "<!channel>", "x"])
def test_a_phone_number_or_markup_is_no_interpreter(calling: World, who: str) -> None:
    close(calling, disposition="interpreted", **HEARD | {"interpreter": who})

    assert (case(calling).state, kept(calling)) == ("claimed", [])


def test_another_ending_asks_for_nobody_and_keeps_who_is_named(calling: World) -> None:
    close(calling, disposition="unreachable")
    assert kept(calling) == []
    assert "Closed: Could not reach the patient" in calling.card("patient_access", "Closed")


def test_after_undo_nothing_of_the_closing_that_was_taken_back_is_shown(calling: World) -> None:
    with calling.begin() as session:
        who = staff.of_slack(session, "T0LAKESIDE1", BRUNO)
        found = session.scalars(select(Case).where(Case.kind == "interpreter")).one()
        heard = Interpreted("LanguageLine 4411", "vi", "phone")
        _, step = closing.close_for_now(session, found.id, "interpreted", interpreted=heard, by=who)
        assert step is not None
    with calling.begin() as session:
        undoing.undo(session, step, by=staff.of_slack(session, "T0LAKESIDE1", BRUNO))
    calling.clock.advance(timedelta(seconds=5))
    calling.drain()

    close(calling, disposition="unreachable")

    assert "Vietnamese" not in calling.card("patient_access", "Closed")


@pytest.mark.req("N2")
def test_where_slack_sees_nothing_the_page_asks_and_the_card_says_how_only(calling: World) -> None:
    calling.command(GRETA, calling.channel("front_office"), "phi none")
    calling.click("Close", calling.card("patient_access", "Call with an interpreter"), by=BRUNO)
    form = str(calling.form(BRUNO))
    assert "asks who interpreted" in form
    assert "case.close.interpreter" not in form

    with calling.begin() as session:
        found = session.scalars(select(Case).where(Case.kind == "interpreter")).one()
        heard = Interpreted("LanguageLine 4411", "vi", "phone")
        closing.close(
            session, found.id, "interpreted", interpreted=heard, by=staff.of_slack(session, "T0LAKESIDE1", BRUNO)
        )
    calling.drain()

    card = calling.card("patient_access", "Closed")
    assert "through an interpreter, by phone" in card
    assert "Vietnamese" not in card
    assert "4411" not in card
