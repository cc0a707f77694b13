"""Two cases of one patient: linked or merged, and never so that something is lost."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from core.errors import Refused
from storage.tables import Case
from tests.databases import Database
from tests.page_scene import Scene, a_case, clinic
from workflows import case_links, cases


@pytest.fixture
def scene(clean_database: Database) -> Iterator[Scene]:
    with clinic(clean_database) as made:
        with made.db.begin(org=made.org) as session:
            session.execute(update(Case).values(patient_id=made.patient_id))
        made.claimed()
        yield made


def another(scene: Scene, **facts: Any) -> UUID:
    with scene.db.begin(org=scene.org) as session:
        how: dict[str, Any] = {"key": "other", "patient_id": scene.patient_id} | facts
        return a_case(session, **how).id


def does(scene: Scene, act: Callable[..., tuple[Case, Case]], other: UUID, *, name: str = "Dana") -> tuple[Case, Case]:
    who = scene.who(name)
    with scene.db.begin(org=scene.org) as session:
        return act(session, scene.case_id, other, by=who)


def numbers(scene: Scene, case_id: UUID) -> list[str]:
    with scene.db.begin(org=scene.org) as session:
        return case_links.linked(session, cases.get(session, case_id))


def test_linked_cases_show_each_others_number_and_stay_open(scene: Scene) -> None:
    other = another(scene)

    for _ in range(2):
        case, found = does(scene, case_links.link, other)

    assert (case.state, found.state) == ("claimed", "open")
    assert numbers(scene, case.id) == [str(found.number)]
    assert numbers(scene, other) == [str(case.number)]


def test_a_merged_case_is_closed_and_says_where_it_went(scene: Scene) -> None:
    case, closed = does(scene, case_links.merge, another(scene))

    assert (closed.state, closed.disposition, case.state) == ("closed", "merged", "claimed")
    with scene.db.begin(org=scene.org) as session:
        assert case_links.merged_into(session, closed) == str(case.number)
    with pytest.raises(Refused, match="closed already"):
        does(scene, case_links.merge, closed.id)


def test_only_cases_of_one_patient(scene: Scene) -> None:
    stranger = another(scene, patient_id=None)

    for act in (case_links.link, case_links.merge):
        with pytest.raises(Refused, match="not of one patient"):
            does(scene, act, stranger)


def test_what_would_be_lost_is_not_merged(scene: Scene) -> None:
    theirs = another(scene)
    who = scene.who("Mia")
    with scene.db.begin(org=scene.org) as session:
        cases.claim(session, theirs, by=who)
    with pytest.raises(Refused, match="A colleague has case"):
        does(scene, case_links.merge, theirs)

    flag = another(scene, kind="red_flag", team="clinical", key="flag", priority="emergency")
    with pytest.raises(Refused, match="clinician"):
        does(scene, case_links.merge, flag)

    with scene.db.begin(org=scene.org) as session:
        assert session.scalars(select(Case.state).where(Case.id.in_((theirs, flag)))).all() != ["closed", "closed"]


@pytest.mark.parametrize("name", ["Ola", "Vik", "Mia"])
def test_only_its_owner_or_a_manager_with_the_role_links(scene: Scene, name: str) -> None:
    other = another(scene)

    if name == "Mia":  # the manager
        assert does(scene, case_links.link, other, name=name)[1].id == other
    else:
        with pytest.raises(Refused, match=r"belongs to Patient access|not work on it"):
            does(scene, case_links.link, other, name=name)
