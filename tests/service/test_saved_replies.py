"""Saved replies: linted, approved by a second person, sent in the patient's language by anybody who has the case."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from core.errors import Refused
from storage import messages
from storage.tables import AuditRow, Case, Message, Patient, SavedReply
from tests.databases import Database
from tests.page_scene import Scene, clinic
from workflows import cases, recaps, saved_replies

EN = "we have your message. Our team will read it and answer you."
ES = "tenemos su mensaje. Nuestro equipo lo va a leer y le va a responder."


@pytest.fixture
def scene(clean_database: Database) -> Iterator[Scene]:
    with clinic(clean_database) as made:
        with made.db.begin(org=made.org) as session:
            session.execute(update(Case).values(number_id=made.number_id, patient_id=made.patient_id))
        yield made


def propose(scene: Scene, name: str = "Dana", title: str = "We have it", en: str = EN, es: str = ES) -> UUID:
    who = scene.who(name)
    with scene.db.begin(org=scene.org) as session:
        return saved_replies.propose(session, title, {"en": en, "es": es}, by=who).id


def approve(scene: Scene, reply: UUID, name: str = "Mia") -> None:
    who = scene.who(name)
    with scene.db.begin(org=scene.org) as session:
        saved_replies.approve(session, reply, by=who)


def speaks(scene: Scene, language: str) -> None:
    with scene.db.begin(org=scene.org) as session:
        session.execute(update(Patient).values(language=language))


def offered(scene: Scene) -> list[tuple[str, str, int]]:
    with scene.db.begin(org=scene.org) as session:
        case = cases.get(session, scene.case_id)
        return [(one.title, one.text, one.segments) for one in saved_replies.offered(session, case)]


def send(scene: Scene, reply: UUID, name: str = "Dana", form: UUID | None = None) -> UUID:
    who = scene.who(name)
    with scene.db.begin(org=scene.org) as session:
        return saved_replies.send(session, scene.case_id, reply, by=who, form_id=form or uuid4())


def texts(scene: Scene) -> list[tuple[str | None, str, str]]:
    with scene.db.begin(org=scene.org) as session:
        rows = session.scalars(select(Message).where(Message.purpose == "staff").order_by(Message.id))
        return [(row.language, row.step or "", messages.body(session, row)) for row in rows]


def test_nothing_is_offered_before_a_second_person_approved_it(scene: Scene) -> None:
    reply = propose(scene, "Mia")
    assert offered(scene) == []
    with pytest.raises(Refused, match="a second person approves it"):
        approve(scene, reply, "Mia")
    with pytest.raises(Refused, match="A clinician, manager or admin"):
        approve(scene, reply, "Dana")

    approve(scene, reply, "Noor")

    assert offered(scene) == [("We have it", f"Lakeside Clinic: {EN}", 1)]
    with scene.db.begin(org=scene.org) as session:
        kept = session.scalars(
            select(AuditRow.action).where(AuditRow.subject_kind == "saved_reply").order_by(AuditRow.id)
        )
        assert list(kept) == ["reply.proposed", "reply.approved"]


@pytest.mark.parametrize(
    ("title", "en", "es", "why"),
    [
        ("Name", EN, "", "Spanish: This language is missing"),
        ("Name", "your biopsy is back", ES, "tells strangers"),
        ("Name", "please call us!", ES, "No exclamation marks"),
        ("Name", "reply YES", ES, "carriers read it as a command"),
        ("Name", "{given}, call us", ES, "Unknown placeholder"),
        ("Name", "we call you soon. " * 25, ES, "3 is the most"),
        ("", EN, ES, "Give it a short name"),
        ("n" * 76, EN, ES, "Give it a short name"),
    ],
)
def test_words_that_no_patient_should_read_are_not_kept(scene: Scene, title: str, en: str, es: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        propose(scene, title=title, en=en, es=es)

    with scene.db.begin(org=scene.org) as session:
        assert list(session.scalars(select(SavedReply.id))) == []


@pytest.mark.req("P8", by="workflows.approved:filled")
def test_a_spanish_one_needs_no_qualified_writer_and_goes_once(scene: Scene) -> None:
    reply = propose(scene)
    approve(scene, reply)
    speaks(scene, "es")
    scene.claimed()
    assert offered(scene)[0][1] == f"Lakeside Clinic: {ES}"
    form = uuid4()

    assert send(scene, reply, form=form) == send(scene, reply, form=form)

    (sent,) = texts(scene)
    assert (sent[0], sent[2]) == ("es", f"Lakeside Clinic: {ES}")
    assert sent[1].startswith("library.svr_")


def test_who_has_not_the_case_sends_nothing(scene: Scene) -> None:
    reply = propose(scene)
    approve(scene, reply)
    scene.claimed()

    with pytest.raises(Refused):
        send(scene, reply, "Ola")
    assert texts(scene) == []


@pytest.mark.parametrize("language", ["vi", "ht"])
def test_a_language_without_the_words_is_offered_nothing(scene: Scene, language: str) -> None:
    reply = propose(scene)
    approve(scene, reply)
    speaks(scene, language)
    scene.claimed()

    assert offered(scene) == []
    with pytest.raises(Refused, match="changed or withdrawn"):
        send(scene, reply)


def test_what_was_picked_and_withdrawn_meanwhile_is_not_sent(scene: Scene) -> None:
    reply = propose(scene)
    approve(scene, reply)
    scene.claimed()
    with scene.db.begin(org=scene.org) as session:
        saved_replies.withdraw(session, reply, by=scene.who("Mia"))

    with pytest.raises(Refused, match="changed or withdrawn"):
        send(scene, reply)


def test_a_new_wording_leaves_the_old_one_until_it_is_approved(scene: Scene) -> None:
    approve(scene, propose(scene))
    newer = propose(scene, en="we got your message.")
    assert offered(scene)[0][1].endswith("answer you.")

    approve(scene, newer)

    assert [text for _, text, _ in offered(scene)] == ["Lakeside Clinic: we got your message."]


def test_the_slower_of_two_approvals_is_told(scene: Scene) -> None:
    reply = propose(scene)
    approve(scene, reply)

    with pytest.raises(Refused, match="Somebody was faster"):
        approve(scene, reply, "Noor")
    assert len(offered(scene)) == 1


def test_what_comes_with_careloop_waits_for_approval_and_applying_again_changes_nothing(scene: Scene) -> None:
    for _ in range(2):
        with scene.db.begin(org=scene.org) as session:
            saved_replies.take(session, saved_replies.built_in(), actor="system")
    with scene.db.begin(org=scene.org) as session:
        rows = saved_replies.standing(session)
        assert len(rows) == len(saved_replies.built_in())
        assert {row.state for row in rows} == {"proposed"}
        saved_replies.withdraw(session, rows[0].id, by=scene.who("Mia"))
        saved_replies.take(session, saved_replies.built_in(), actor="system")
        assert len(saved_replies.standing(session)) == len(rows) - 1


def test_a_file_that_says_who_approved_it_is_offered(scene: Scene) -> None:
    entry = {"title": "We have it", "texts": {"en": f"{{clinic}}: {EN}", "es": f"{{clinic}}: {ES}"}}
    for who in (None, "Dr Greta Holm", "Dr Greta Holm"):
        with scene.db.begin(org=scene.org) as session:
            saved_replies.take(session, {"have": entry | {"approved_by": who}}, actor="system")

    assert offered(scene) == [("We have it", f"Lakeside Clinic: {EN}", 1)]


def test_a_recap_may_be_a_saved_reply(scene: Scene) -> None:
    reply = propose(scene)
    approve(scene, reply)
    scene.claimed()
    with scene.db.begin(org=scene.org) as session:
        _, titles = recaps.offered(session, scene.case_id, by=scene.who("Dana"))
        key = next(key for key, title in titles.items() if title == "We have it")
        recaps.send(session, scene.case_id, key, by=scene.who("Dana"))

    assert texts(scene)[0][2] == f"Lakeside Clinic: {EN}"
