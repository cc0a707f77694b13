"""What the workflow does with a reading: who is called, what stands still, what a person alone may end."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from bot import sync
from core.errors import Refused
from storage import numbers
from storage.db import vault
from storage.tables import Case, CaseEvent, Enrollment, Message, Patient, Rung, Staff, Team
from tests import factories
from tests.factories import MONDAY_NOON
from tests.service.desk import PHONE, Desk
from workflows import cases, closing, enrollments, opt_out_scope, silence, staff
from workflows.handing_over import is_foreign
from workflows.staff import Who


@dataclass
class Clinic:
    """Noor is a nurse, Dana at the front desk, Mia the manager; one patient is in a program."""

    desk: Desk
    enrollment: UUID
    staff: dict[str, UUID]

    def who(self, name: str) -> Who:
        with self.desk.begin() as session:
            return staff.of_id(session, self.staff[name])

    def case(self, kind: str) -> Case:
        return [case for case in self.desk.cases() if case.kind == kind][-1]

    def close(self, case: Case, disposition: str, *, by: str, note: str | None = None) -> None:
        with self.desk.begin() as session:
            who = staff.of_id(session, self.staff[by])
            cases.claim(session, case.id, by=who)
            closing.close(session, case.id, disposition, note=note, by=who)

    def team(self, code: str) -> UUID:
        with self.desk.begin() as session:
            return session.scalars(select(Team.id).where(Team.code == code)).one()

    def said(self) -> list[str]:
        return [body for _, body in self.desk.planned()]

    def patient(self) -> Patient:
        with self.desk.begin() as session:
            return session.scalars(select(Patient)).one()

    def standing(self) -> Enrollment:
        return self.desk.enrollment(self.enrollment)


@pytest.fixture
def clinic(desk: Desk) -> Clinic:
    enrollment = desk.enrolled()
    desk.claim()
    with desk.begin() as session:
        teams = {team.code: team for team in session.scalars(select(Team))}
        people = {
            "Noor": ("clinician", "clinical"),
            "Dana": ("agent", "front_office"),
            "Mia": ("manager", "front_office"),
        }
        made = {
            name: factories.a_member_of_staff(
                session, role=role, team=teams[team], slack_id=f"U0{name.upper()}", name=name
            ).id
            for name, (role, team) in people.items()
        }
    return Clinic(desk, enrollment, made)


@pytest.mark.req("S95", by="workflows.answers:answer")
@pytest.mark.parametrize(("words", "number"), [("i want to die", "988"), ("chest pain since this morning", "911")])
def test_the_answer_to_a_danger_is_a_fixed_text_and_a_wish_to_die_hears_of_988(
    clinic: Clinic, words: str, number: str
) -> None:
    clinic.desk.text(words)

    (said,) = [body for purpose, body in clinic.desk.planned() if purpose == "safety"]
    assert number in said
    assert ("not have to go through this alone" in said) == (number == "988")
    assert clinic.case("red_flag").priority == "emergency"


def test_in_spanish_the_crisis_text_is_spanish(desk: Desk) -> None:
    desk.enrolled(language="es")

    desk.text("ya no quiero vivir")

    (said,) = [body for purpose, body in desk.planned() if purpose == "safety"]
    assert "escriba AYUDA al 988" in said


@pytest.mark.req("S97", by="workflows.safety:pause")
def test_every_program_of_the_patient_stands_still_not_only_those_at_the_number(clinic: Clinic) -> None:
    with clinic.desk.begin() as session:
        row = session.scalars(select(Enrollment)).one()
        row.number_id = factories.a_number(session, phone="+13125550155").id

    clinic.desk.text("chest pain since this morning")

    assert (clinic.standing().state, clinic.standing().paused_for) == ("paused", "clinical")


@pytest.mark.req("S97")
def test_a_combined_message_does_both(clinic: Clinic) -> None:
    clinic.desk.text("yes 3pm works but my incision is leaking")

    kinds = {case.kind for case in clinic.desk.cases()}
    assert kinds == {"clinical", "reschedule"}
    assert clinic.standing().state == "paused"


def test_one_of_two_clinical_cases_closed_does_not_set_the_program_going(clinic: Clinic) -> None:
    clinic.desk.text("chest pain since this morning", sid="SM1")
    clinic.desk.text("now my arm is numb and my speech is slurred", sid="SM2")
    first, second = clinic.desk.cases()

    clinic.close(first, "no_concern", by="Noor")
    assert clinic.standing().state == "paused"
    clinic.close(second, "no_concern", by="Noor")

    assert clinic.standing().state == "waiting"


def test_a_program_that_a_nurse_has_not_judged_is_not_set_going_by_another_closing(clinic: Clinic) -> None:
    clinic.desk.text("chest pain since this morning")
    with clinic.desk.begin() as session:
        enrollments.interrupt(session, [clinic.enrollment], "wrong_number_said")
        enrollments.resume(session, clinic.enrollment)

    assert (clinic.standing().state, clinic.standing().paused_for) == ("paused", "clinical")


@pytest.mark.req("S27", by="workflows.safety:note")
def test_what_the_desk_writes_down_is_read_too_and_texts_nobody(clinic: Clinic) -> None:
    clinic.desk.text("can someone explain my bill")
    before = clinic.said()

    clinic.close(clinic.desk.cases()[0], "resolved", by="Dana", note="pt reports chest pain, will call 911")

    flag = clinic.case("red_flag")
    assert (flag.team_id, flag.reason.startswith("note.emergency."), flag.priority) == (
        clinic.team("clinical"),
        True,
        "emergency",
    )
    assert set(clinic.said()) <= set(before)
    assert clinic.standing().state == "paused"


@pytest.mark.parametrize(
    ("by", "note"),
    [
        ("Dana", "pt denies chest pain"),
        ("Dana", "bill explained, all fine"),
        ("Dana", "pt has a mild headache, told Noor"),
    ],
)
def test_a_note_without_a_danger_is_only_a_note(clinic: Clinic, by: str, note: str) -> None:
    clinic.desk.text("can someone explain my bill")

    clinic.close(clinic.desk.cases()[0], "resolved", by=by, note=note)

    assert len(clinic.desk.cases()) == 1


def test_a_nurses_own_note_is_not_second_guessed(clinic: Clinic) -> None:
    clinic.desk.text("chest pain since this morning")

    clinic.close(clinic.case("red_flag"), "sent_to_er", by="Noor", note="crushing chest pain, sent to the ER")

    assert len(clinic.desk.cases()) == 1
    assert clinic.standing().outcome == "withdrawn"


def legal(clinic: Clinic) -> None:
    with clinic.desk.begin() as session:
        silence.legal(session, session.scalars(select(Message).where(Message.direction == "in")).one())


def test_a_legal_threat_ends_automation_and_is_a_managers(clinic: Clinic) -> None:
    clinic.desk.text("thanks")

    legal(clinic)

    case = clinic.case("legal_threat")
    assert (clinic.standing().outcome, clinic.patient().do_not_contact, clinic.said()[1:]) == ("withdrawn", True, [])
    with clinic.desk.begin() as session:
        told = session.scalars(select(Rung.staff_id).where(Rung.case_id == case.id)).all()
    assert told == [clinic.staff["Mia"]]
    with pytest.raises(Refused, match="a manager has to take it"):
        clinic.close(case, "texts_on", by="Dana")
    clinic.close(case, "texts_on", by="Mia")
    assert not clinic.patient().do_not_contact


def test_anger_without_a_threat_is_a_request_to_sort_out(clinic: Clinic) -> None:
    clinic.desk.text("you people are idiots and your office is garbage")

    assert [(case.kind, case.reason) for case in clinic.desk.cases()] == [("admin", "hostile")]
    assert clinic.standing().state == "waiting"


def test_a_death_and_a_wish_that_texts_stop_is_silence_not_a_confirmation(clinic: Clinic) -> None:
    before = len(clinic.said())

    clinic.desk.text("She passed away on 2/3. please stop sending these")

    assert len(clinic.said()) == before
    assert clinic.desk.suppressed()
    assert (clinic.standing().outcome, clinic.patient().do_not_contact) == ("deceased", True)
    assert [case.kind for case in clinic.desk.cases()] == ["deceased"]


def test_a_death_that_was_a_mistake_lets_texts_go_on(clinic: Clinic) -> None:
    clinic.desk.text("my mother Rosa died last week")

    clinic.close(clinic.case("deceased"), "alive", by="Dana")

    assert not clinic.patient().do_not_contact


@pytest.mark.parametrize(
    ("words", "only"),
    [
        ("please stop sending me promotions", True),
        ("no more ads please, reminders are ok", True),
        ("ya no me manden promociones", True),
        ("stop the reminders", False),
        ("stop all texts and ads", False),
        ("no me manden nada, ni ofertas", False),
        ("stop texting me", False),
    ],
)
def test_only_what_plainly_names_offers_is_about_offers(words: str, only: bool) -> None:
    assert opt_out_scope.only_marketing(words) is only


def test_stop_the_ads_leaves_texts_about_visits_and_says_so(clinic: Clinic) -> None:
    clinic.desk.text("stop sending me promotional texts")

    assert not clinic.desk.suppressed()
    with clinic.desk.begin() as session:
        number = numbers.find(session, PHONE)
        assert number is not None
        assert numbers.stops(session, [number.id])[number.id] == {"marketing"}
    assert "no more offers from us" in clinic.said()[-1]
    assert clinic.standing().state == "waiting"


def test_a_matter_that_comes_back_within_two_weeks_opens_its_case_again(clinic: Clinic) -> None:
    clinic.desk.text("can someone explain my bill", sid="SM1")
    clinic.close(clinic.desk.cases()[0], "resolved", by="Dana")
    clinic.desk.at(MONDAY_NOON + timedelta(days=13))

    clinic.desk.text("hmm ok so what about the other one", sid="SM2")

    (case,) = clinic.desk.cases()
    assert (case.state, case.owner_id, case.disposition) == ("open", None, None)
    with clinic.desk.begin() as session:
        story = list(session.scalars(select(CaseEvent.what).order_by(CaseEvent.id)))
        newest = session.scalars(select(Message).where(Message.provider_sid == "SM2")).one()
    assert story == ["opened", "claimed", "closed", "reopened"]
    assert case.message_id == newest.id


def test_a_card_drawn_while_its_case_was_opened_again_does_not_keep_the_old_place(clinic: Clinic) -> None:
    clinic.desk.text("can someone explain my bill", sid="SM1")
    (case,) = clinic.desk.cases()
    with clinic.desk.begin() as session:
        sync.posted(session, sync.plan(session, case.id), "1.1")
    clinic.close(case, "resolved", by="Dana")
    with clinic.desk.begin() as session:
        under_way = sync.plan(session, case.id)  # on its way to Slack

    clinic.desk.text("hmm ok so what about the other one", sid="SM2")
    with clinic.desk.begin() as session:
        sync.posted(session, under_way, "1.1")

    with clinic.desk.begin() as session:
        assert sync.plan(session, case.id).ts is None, "the next card is a new one, where people look"


@pytest.mark.parametrize(
    ("days", "words"),
    [(15, "hmm ok so what about the other one"), (3, "i have chest pain")],
)
def test_later_or_a_new_danger_is_a_new_case(clinic: Clinic, days: int, words: str) -> None:
    clinic.desk.text("can someone explain my bill", sid="SM1")
    clinic.close(clinic.desk.cases()[0], "resolved", by="Dana")
    clinic.desk.at(MONDAY_NOON + timedelta(days=days))

    clinic.desk.text(words, sid="SM2")

    assert len(clinic.desk.cases()) == 2


def test_who_is_this_is_answered_with_clinic_phone_and_stop_and_no_name(clinic: Clinic) -> None:
    clinic.desk.text("who is this?")

    assert clinic.said()[-1] == "This is Lakeside Clinic, 555-0100. We text about your visits. Reply STOP to end texts."
    assert clinic.desk.cases() == []
    assert clinic.standing().state == "waiting"


def test_a_bare_k_confirms_nothing(clinic: Clinic) -> None:
    before = clinic.said()

    clinic.desk.text("k")

    assert clinic.said() == before
    assert clinic.standing().state == "waiting"


@pytest.mark.req("S92", by="workflows.cases:said")
def test_objection_next_step_and_promise_stand_on_the_case(clinic: Clinic) -> None:
    clinic.desk.text("i cant afford the copay, can someone call me about it")

    (case,) = clinic.desk.cases()
    assert (case.objection, case.next_step) == ("cost", "call")


@pytest.mark.req("S92", by="workflows.handing_over:promised")
def test_a_promise_of_ours_makes_the_open_case_pressing(clinic: Clinic) -> None:
    clinic.desk.text("can someone explain my bill", sid="SM1")

    clinic.desk.text("the nurse said she would call me back", sid="SM2")

    pressing = [case for case in clinic.desk.cases() if case.promise == "we_promised"]
    assert {case.priority for case in pressing} == {"high"}


@pytest.mark.parametrize(
    ("words", "foreign"), [("我不明白", True), ("не понимаю ok", True), ("qué día?", False), ("?!", False)]
)
def test_another_alphabet_is_another_language(words: str, foreign: bool) -> None:
    assert is_foreign(words) is foreign


def test_a_reply_in_a_language_we_do_not_read_is_a_persons(clinic: Clinic) -> None:
    clinic.desk.text("我不明白这是什么意思")

    assert [(case.kind, case.reason) for case in clinic.desk.cases()] == [("review", "other_language")]


@pytest.mark.parametrize(
    ("words", "texts"),
    [
        ("i have chest pain and my lawyer will hear about this", ["911"]),
        ("my dad passed away and i want to die too", ["988"]),
        ("he passed away, he had chest pain and couldnt breathe", []),
    ],
)
def test_a_danger_is_answered_beside_a_threat_and_in_mourning_only_a_wish_to_die(
    clinic: Clinic, words: str, texts: list[str]
) -> None:
    clinic.desk.text(words)

    answers = [body for purpose, body in clinic.desk.planned() if purpose == "safety"]
    assert [number in answer for number, answer in zip(texts, answers, strict=True)] == [True] * len(texts)
    assert {case.kind for case in clinic.desk.cases()} & {"deceased", "legal_threat"}
    assert "red_flag" in {case.kind for case in clinic.desk.cases()}


def test_a_colleague_who_texts_back_to_a_page_is_no_unknown_sender(clinic: Clinic) -> None:
    with clinic.desk.begin() as session:
        nurse = session.scalars(select(Staff).where(Staff.name == "Noor")).one()
        nurse.phone_hash = vault(session).lookup("phone", "+13125550190")
    before = clinic.said()

    clinic.desk.text("on my way", phone="+13125550190")

    assert (clinic.said(), clinic.desk.cases()) == (before, [])


def test_while_a_reply_waits_to_be_read_the_next_text_does_not_leave(clinic: Clinic) -> None:
    clinic.desk.text("hmm the blue one i guess")
    other = clinic.desk.missed(clinic.patient().id, start=MONDAY_NOON + timedelta(minutes=5))

    assert clinic.desk.claim() == []
    assert other is None or ("held", "person.talking") in clinic.desk.states()
