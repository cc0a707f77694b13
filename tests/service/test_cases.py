"""Cases: opened once, owned by one, closed by a person with a disposition."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from core import clock
from core.errors import Refused
from storage.db import vault
from storage.tables import Case, CaseEvent, OutboxRow, Team
from tests.databases import Database
from tests.page_scene import Scene, a_case, clinic
from workflows import cases, closing
from workflows.cases import AlreadyClaimed


@pytest.fixture
def scene(clean_database: Database) -> Iterator[Scene]:
    """Dana and Mia of Patient access, Noor a nurse, Ola of the front office, Vik a viewer, Omar an auditor; one case."""
    with clinic(clean_database) as made:
        yield made


def does(
    scene: Scene, name: str, act: Callable[..., Case], *given: object, case: UUID | None = None, **how: object
) -> Case:
    """One transaction in which this person does it."""
    who = scene.who(name)
    with scene.db.begin(org=scene.org) as session:
        return act(session, case or scene.case_id, *given, by=who, **how)


def events(scene: Scene) -> list[str]:
    with scene.db.begin(org=scene.org) as session:
        return list(session.scalars(select(CaseEvent.what).order_by(CaseEvent.id)))


def clinical(scene: Scene) -> UUID:
    with scene.db.begin(org=scene.org) as session:
        return a_case(
            session, kind="red_flag", team="clinical", key="flag", patient_id=scene.patient_id, priority="emergency"
        ).id


def team(session: Session, code: str) -> UUID:
    return session.scalars(select(Team.id).where(Team.code == code)).one()


def test_the_same_matter_opens_one_case(scene: Scene) -> None:
    with scene.db.begin(org=scene.org) as session:
        first, second = a_case(session, key="same"), a_case(session, key="same", reason="no_answer")

    assert (first.id, first.reason) == (second.id, "reply")
    assert events(scene) == ["opened", "opened"]


@pytest.mark.req("S126")
def test_the_second_claim_is_refused_and_says_who_has_it(scene: Scene) -> None:
    does(scene, "Dana", cases.claim)

    with pytest.raises(AlreadyClaimed, match="Dana claimed case 1001 just before you"):
        does(scene, "Mia", cases.claim)


def test_claiming_what_one_has_changes_nothing(scene: Scene) -> None:
    before = does(scene, "Dana", cases.claim).version

    assert does(scene, "Dana", cases.claim).version == before
    assert events(scene) == ["opened", "claimed"]


def test_of_many_at_once_one_wins_and_one_event_is_written(scene: Scene) -> None:
    def press(name: str) -> str:
        try:
            does(scene, name, cases.claim)
        except AlreadyClaimed:
            return "refused"
        return name

    with ThreadPoolExecutor(8) as crowd:
        ends = list(crowd.map(press, ["Dana", "Mia"] * 8))

    (winner,) = set(ends) - {"refused"}
    assert scene.row().owner_id == scene.staff[winner]
    assert events(scene) == ["opened", "claimed"]


@pytest.mark.parametrize(
    ("name", "say"),
    [("Ola", "belongs to Patient access"), ("Vik", "not work on it"), ("Omar", "not work on it")],
)
def test_who_may_not_work_on_it_is_refused(scene: Scene, name: str, say: str) -> None:
    with pytest.raises(Refused, match=say):
        does(scene, name, cases.claim)

    assert scene.row().owner_id is None


@pytest.mark.req("S97")
@pytest.mark.parametrize("name", ["Dana", "Mia"])
def test_a_clinical_case_needs_a_clinician(scene: Scene, name: str) -> None:
    case = clinical(scene)

    with pytest.raises(Refused, match="a clinician has to take it"):
        does(scene, name, cases.claim, case=case)

    assert does(scene, "Noor", cases.claim, case=case).owner_id == scene.staff["Noor"]


@pytest.mark.req("N10")
def test_automation_closes_neither_a_clinical_case_nor_one_being_booked(scene: Scene) -> None:
    flag = clinical(scene)
    with scene.db.begin(org=scene.org) as session:
        with pytest.raises(Refused, match="closed by a person only"):
            cases.close(session, cases.get(session, flag), disposition="handled", actor="system")
        session.execute(update(Case).where(Case.id == scene.case_id).values(state="booking"))
        cases.close_by_itself(session, [], disposition="booked")

    assert scene.row().state == "booking"


def test_nobody_closes_what_nobody_has_claimed(scene: Scene) -> None:
    with pytest.raises(Refused, match="Claim case 1001 first"):
        does(scene, "Dana", closing.close, "declined")


@pytest.mark.req("S128")
def test_closing_needs_a_disposition_of_its_kind_and_keeps_the_note_sealed(scene: Scene) -> None:
    does(scene, "Dana", cases.claim)
    with pytest.raises(Refused, match="Pick one of the list"):
        does(scene, "Dana", closing.close, "sent_to_er")

    closed = does(scene, "Dana", closing.close, "declined", note="Moved away.")

    assert (closed.state, closed.disposition) == ("closed", "declined")
    assert closed.note is not None
    assert b"Moved" not in closed.note
    with scene.db.begin(org=scene.org) as session:
        assert vault(session).open(closed.note, "cases.note", closed.id) == "Moved away."


def test_a_closed_case_is_closed_once(scene: Scene) -> None:
    does(scene, "Dana", cases.claim)
    does(scene, "Dana", closing.close, "declined")

    for act, given in ((closing.close, ("resolved",)), (cases.release, ()), (cases.claim, ())):
        with pytest.raises(Refused):
            does(scene, "Dana" if act is not cases.claim else "Mia", act, *given)

    assert scene.row().disposition == "declined"


def test_too_long_a_note_changes_nothing(scene: Scene) -> None:
    does(scene, "Dana", cases.claim)

    with pytest.raises(Refused, match="too long"):
        does(scene, "Dana", closing.close, "declined", note="x" * 2001)

    assert scene.row().state == "claimed"


@pytest.mark.req("S47")
def test_only_the_owner_or_a_manager_releases(scene: Scene) -> None:
    does(scene, "Dana", cases.claim)

    freed = does(scene, "Mia", cases.release)

    assert (freed.owner_id, freed.state, freed.claimed_at) == (None, "open", None)


def test_what_is_being_booked_is_neither_released_nor_reassigned_nor_closed(scene: Scene) -> None:
    does(scene, "Dana", cases.claim)
    with scene.db.begin(org=scene.org) as session:
        session.execute(update(Case).where(Case.id == scene.case_id).values(state="booking"))

    for act, given, how in (
        (cases.release, (), {}), (closing.close, ("declined",), {}), (cases.reassign, (), {"to": scene.staff["Mia"]}),
    ):  # fmt: skip
        with pytest.raises(Refused, match="being booked"):
            does(scene, "Dana", act, *given, **how)


@pytest.mark.req("S48")
def test_moved_to_another_team_it_waits_there_unowned(scene: Scene) -> None:
    does(scene, "Dana", cases.claim)
    with scene.db.begin(org=scene.org) as session:
        desk = team(session, "front_office")

    moved = does(scene, "Dana", cases.reassign, team=desk)

    assert (moved.team_id, moved.owner_id, moved.state) == (desk, None, "open")
    assert does(scene, "Ola", cases.claim).owner_id == scene.staff["Ola"]


def test_it_is_not_handed_to_who_may_not_work_on_it(scene: Scene) -> None:
    does(scene, "Dana", cases.claim)

    for name in ("Ola", "Vik"):
        with pytest.raises(Refused):
            does(scene, "Dana", cases.reassign, to=scene.staff[name])

    assert scene.row().owner_id == scene.staff["Dana"]


def test_every_change_is_promised_to_card_and_ehr_in_the_same_transaction(scene: Scene) -> None:
    with scene.db.begin(org=scene.org) as session:
        session.execute(update(OutboxRow).values(state="done"))

    does(scene, "Dana", cases.claim)
    with scene.db.begin(org=scene.org) as session:
        due = session.scalars(
            select(OutboxRow.topic).where(OutboxRow.state == "due", OutboxRow.key == str(scene.case_id))
        )
        assert set(due) == {"card.sync", "ehr.task"}


def test_an_emergency_is_drawn_in_the_safety_lane(scene: Scene) -> None:
    flag = clinical(scene)

    with scene.db.begin(org=scene.org) as session:
        lanes = session.scalars(
            select(OutboxRow.lane).where(OutboxRow.key == str(flag), OutboxRow.topic == "card.sync")
        )
        assert lanes.all() == ["safety"]


def test_still_on_it_counts_for_nothing_when_the_case_was_given_back_in_the_same_moment(scene: Scene) -> None:
    does(scene, "Dana", cases.claim)
    dana, mia = scene.who("Dana"), scene.who("Mia")

    def keeps() -> None:
        with scene.db.begin(org=scene.org) as session:
            cases.keep(session, scene.case_id, by=dana)

    with ThreadPoolExecutor(1) as pool:
        with scene.db.begin(org=scene.org) as session:
            cases.release(session, scene.case_id, by=mia)
            keeping = pool.submit(keeps)
            until_somebody_waits(session)
        with pytest.raises(Refused, match="given back just before you"):
            keeping.result()

    assert events(scene)[-1] == "released"
    assert "kept" not in events(scene)


def until_somebody_waits(session: Session) -> None:
    """Another connection is blocked by this transaction."""
    waits = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    deadline = clock.monotonic() + 20
    while not session.scalar(waits):
        session.execute(text("SELECT pg_stat_clear_snapshot()"))
        assert clock.monotonic() < deadline
