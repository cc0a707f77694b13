"""Patients' forms: the link, the page, and what becomes of what was written."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from httpx import Client
from sqlalchemy import func, select

from storage import messages
from storage.db import vault
from storage.tables import FormAnswer, FormLink, Message, Row
from tests import factories
from tests.databases import Bells
from tests.factories import MONDAY_NOON
from tests.form_scene import form_pages, path_of
from tests.service.desk import Desk


@dataclass
class Phone:
    """A patient's phone: the pages it opens."""

    desk: Desk
    web: Client

    def link(self, form: str, enrollment: UUID, *, language: str = "en") -> str:
        """The path that was texted."""
        return path_of(self.desk, form, enrollment, language=language)

    def send(self, path: str, **typed: str) -> str:
        """Fill in and press Send; the page after it."""
        return self.web.post(path, data=typed | {"send": "1"}).text

    def count(self, table: type[Row]) -> int:
        with self.desk.begin() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture
def phone(desk: Desk, valkey: Bells) -> Iterator[Phone]:
    with (
        form_pages(desk, valkey.url) as url,
        Client(base_url=url, follow_redirects=True, trust_env=False, timeout=30) as web,
    ):
        yield Phone(desk, web)


def test_looking_at_a_link_changes_nothing_and_names_no_patient(phone: Phone) -> None:
    path = phone.link("survey", phone.desk.enrolled(given="Rosa", family="Delgado"))

    pages = [phone.web.get(path) for _ in range(3)]

    assert {page.status_code for page in pages} == {200}
    assert "How did the visit go for you?" in pages[0].text
    assert "Delgado" not in pages[0].text
    assert "Rosa" not in pages[0].text
    assert "no-store" in pages[0].headers["cache-control"]
    assert "default-src 'none'" in pages[0].headers["content-security-policy"]
    assert phone.count(FormAnswer) == phone.count(Message) - len(phone.desk.planned()) == 0


@pytest.mark.req("S77", by="workflows.forms.arrivals:take")
def test_what_was_answered_is_kept_once_codes_plain_and_words_sealed_and_staff_read_it_in_the_conversation(
    phone: Phone,
) -> None:
    path = phone.link("survey", phone.desk.enrolled())

    phone.send(path, score="9", comment="Lovely team")
    again = phone.send(path, score="1", comment="No")

    assert "we read every one" in again
    with phone.desk.begin() as session:
        kept = session.scalars(select(FormAnswer)).one()
        said = session.scalars(select(Message).where(Message.channel == "form")).one()
        assert kept.coded == {"score": "9"}
        assert vault(session).open(kept.words or b"", "form_answers.words", kept.id) == '{"comment": "Lovely team"}'
        body = messages.body(session, said)
    assert body.splitlines() == [
        "How was your visit?",
        "How did the visit go for you? 9 of 10",
        "What should we know about it? Lovely team",
    ]


@pytest.mark.parametrize(
    ("typed", "asked_again"),
    [
        ({}, "Please choose an answer."),
        ({"score": "11"}, "Please choose one of these."),
        ({"score": "8", "comment": "x" * 1001}, "This is too long."),
    ],
)
def test_what_is_missing_or_wrong_is_asked_again_and_what_was_typed_is_kept(
    phone: Phone, typed: dict[str, str], asked_again: str
) -> None:
    path = phone.link("survey", phone.desk.enrolled())

    page = phone.web.post(path, data={"comment": "my words"} | typed | {"send": "1"})

    assert page.status_code == 409
    assert asked_again in page.text
    assert typed.get("comment", "my words") in page.text
    assert phone.count(FormAnswer) == 0


def test_a_link_that_ran_out_says_so_with_the_clinics_phone(phone: Phone) -> None:
    path = phone.link("checkin", phone.desk.enrolled())
    phone.desk.at(MONDAY_NOON + timedelta(days=4))

    page = phone.web.get(path)

    assert (page.status_code, "555-0100" in page.text) == (410, True)
    assert "It was open for a few days" in phone.send(path, understood="yes", next_steps="done", symptoms="no")
    assert phone.count(FormAnswer) == 0


@pytest.mark.parametrize("path", ["/f/short", f"/f/{'a' * 28}", "/f/../worklist", f"/f/{'%00' * 5}"])
def test_a_link_that_is_nobodys_names_no_clinic(phone: Phone, path: str) -> None:
    page = phone.web.get(path)

    assert page.status_code == 404
    assert "Lakeside" not in page.text


def test_a_token_is_not_kept_and_one_letter_off_opens_nothing(phone: Phone) -> None:
    path = phone.link("survey", phone.desk.enrolled())
    other = path[:-1] + ("a" if path[-1] != "a" else "b")

    assert phone.web.get(other).status_code == 404
    with phone.desk.begin() as session:
        row = session.scalars(select(FormLink)).one()
        assert path[3:].encode() not in bytes(row.token_hash)


def test_the_year_of_birth_comes_first_and_five_wrong_ones_close_the_link(phone: Phone) -> None:
    path = phone.link("intake", phone.desk.enrolled())

    assert "What would help you" not in phone.web.get(path).text
    wrong = [phone.web.post(path, data={"birth_year": str(1900 + n)}) for n in range(5)]

    assert [page.status_code for page in wrong] == [409, 409, 409, 409, 410]
    assert not [page for page in wrong if "What would help you" in page.text]
    assert "we closed it" in phone.web.post(path, data={"birth_year": "1961"}).text
    assert "refused form.locked" in phone.desk.rules()


def test_with_the_year_of_birth_the_form_opens_and_must_carry_it(phone: Phone) -> None:
    path = phone.link("intake", phone.desk.enrolled())
    answers = {"contact_changed": "no", "help": "ride", "instructions": "yes"}

    opened = phone.web.post(path, data={"birth_year": "1961"})
    without = phone.send(path, **answers)
    done = phone.send(path, birth_year="1961", **answers)

    assert "What would help you" in opened.text
    assert "What year were you born?" in without
    assert "We have your answers." in done
    assert phone.count(FormAnswer) == 1


def test_a_new_link_to_the_same_form_dies_with_the_first_answer(phone: Phone) -> None:
    enrollment = phone.desk.enrolled()
    first, second = phone.link("survey", enrollment), phone.link("survey", enrollment)

    phone.send(first, score="9")

    assert "we read every one" in phone.web.get(second).text


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_page_speaks_the_patients_language_and_offers_the_other(phone: Phone, language: str) -> None:
    path = phone.link("checkin", phone.desk.enrolled(language=language), language=language)

    page = phone.web.get(path).text
    other = phone.web.get(f"{path}?lang={'es' if language == 'en' else 'en'}").text

    spanish, english = (page, other) if language == "es" else (other, page)
    assert "¿Entiende bien sus instrucciones?" in spanish
    assert "Are your instructions clear to you?" in english


@pytest.mark.req("S27", by="workflows.inbound:receive_form")
def test_a_red_flag_in_a_comment_pages_the_nurses_and_texts_911_like_a_text_would(phone: Phone) -> None:
    path = phone.link("survey", phone.desk.enrolled())

    phone.send(path, score="9", comment="The visit was fine but I have chest pain right now")

    flagged = next(case for case in phone.desk.cases() if case.kind == "red_flag")
    assert (flagged.priority, flagged.message_id is not None) == ("emergency", True)
    assert [body for purpose, body in phone.desk.planned() if purpose == "safety" and "911" in body]


def test_stop_in_a_comment_is_an_opt_out(phone: Phone) -> None:
    path = phone.link("survey", phone.desk.enrolled())

    phone.send(path, score="9", comment="Please stop texting me")

    assert phone.desk.suppressed()


@pytest.mark.parametrize(("comment", "read_by_a_person"), [("Please call me about my bill", True), ("", False)])
def test_a_wish_in_a_comment_is_read_by_a_person_and_a_bare_good_score_is_not(
    phone: Phone, comment: str, read_by_a_person: bool
) -> None:
    path = phone.link("survey", phone.desk.enrolled())

    phone.send(path, score="10", comment=comment)

    assert bool([case for case in phone.desk.cases() if case.message_id]) is read_by_a_person


def test_a_low_score_that_comes_after_its_program_ended_is_a_case_all_the_same(phone: Phone) -> None:
    enrollment = phone.desk.enrolled()
    path = phone.link("survey", enrollment)
    phone.desk.text("STOP")

    phone.send(path, score="2")

    case = next(case for case in phone.desk.cases() if case.kind == "low_score")
    assert (case.reason, case.asked, case.priority) == ("low_score", "score 2", "high")
    assert case.due_at > factories.MONDAY_NOON
