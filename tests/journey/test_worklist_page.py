"""The signed-in worklist: what waits, what runs by itself, what was promised; narrowed as on Home, and found by name."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
from httpx import Client, Response
from sqlalchemy import select

from storage.db import now
from storage.tables import AuditRow, Enrollment
from tests.bench import seed
from tests.databases import Bells, Database
from tests.journey.test_case_page import Web, signed_in
from tests.page_scene import Scene, a_case, clinic, proof, web
from tests.serving import serving
from workflows import closing, promising


@pytest.fixture
def scene(clean_database: Database) -> Iterator[Scene]:
    with clinic(clean_database, programs=True) as made:
        yield made


@pytest.fixture
def app(scene: Scene, valkey: Bells) -> Iterator[Web]:
    with serving(web(scene, valkey.url)) as url, ExitStack() as open_ones:
        yield Web(url, open_ones)


def running(scene: Scene, count: int = 3) -> list[Enrollment]:
    """Runs of the missed-visit program that wait for an answer."""
    with scene.db.begin(org=scene.org) as session:
        rows = seed.enrollments(session, count, wake_at=now(session) + timedelta(hours=20), first=500)
        return list(session.scalars(select(Enrollment).where(Enrollment.id.in_(rows))))


def narrowed(client: Client, **fields: str) -> Response:
    """Send the filter form as the page has it, and follow it back to the list."""
    answer = client.post("/worklist/narrow", data={"proof": proof(client.get("/worklist")), **fields})
    assert answer.status_code == 303
    return client.get(answer.headers["location"])


def numbers(page: Response) -> set[int]:
    return {int(number) for number in re.findall(r'<td class="number">(\d+)</td>', page.text)}


@pytest.mark.req("S59", by="bot.counted:said")
def test_counts_are_in_words_by_program(scene: Scene, app: Web) -> None:
    with scene.db.begin(org=scene.org) as session:
        a_case(session, kind="low_score", key="s1", asked=None)
        a_case(session, kind="low_score", key="s2", asked=None)

    page = signed_in(scene, app).get("/worklist").text

    assert "<li>Other: 2 low scores, 1 wants a new time</li>" in page


@pytest.mark.req("S58", by="workflows.lenses:narrow")
def test_a_filter_is_kept_says_what_it_hides_and_is_taken_off(scene: Scene, app: Web) -> None:
    with scene.db.begin(org=scene.org) as session:
        score = a_case(session, kind="low_score", key="s1", asked=None).number
    client = signed_in(scene, app)

    only = narrowed(client, kind="low_score", program="all", state="all", show="free")
    again = client.get("/worklist?show=free")
    nothing = narrowed(client, kind="low_score", state="waiting")
    everything = narrowed(client, all="1")

    assert numbers(only) == numbers(again) == {score}
    assert "Filter on: Call about a low score. 1 other case is hidden." in again.text
    assert "Nothing here is Call about a low score · Waiting." in nothing.text
    assert 'name="all"' in nothing.text
    assert numbers(everything) == {score, scene.row().number}


def test_a_filter_of_another_sign_in_or_of_no_such_state_changes_nothing(scene: Scene, app: Web) -> None:
    client = signed_in(scene, app)

    stolen = client.post("/worklist/narrow", data={"proof": "0" * 64, "kind": "low_score"})
    odd = client.post("/worklist/narrow", data={"proof": proof(client.get("/worklist")), "state": "asleep"})

    assert (stolen.status_code, odd.status_code) == (403, 403)
    assert "There is no such filter" in odd.text
    assert len(numbers(client.get("/worklist"))) == 1


@pytest.mark.req("S43", by="workflows.desk_rows:running")
@pytest.mark.req("S61", by="bot.standing:next_of_run")
def test_what_runs_by_itself_stands_there_with_what_comes_next(scene: Scene, app: Web) -> None:
    running(scene)

    page = signed_in(scene, app).get("/worklist?show=running").text

    assert page.count("after step first, Tue Nov 24, 8:00 am") == 3
    assert "<td>Active</td>" in page


@pytest.mark.req("S62", by="workflows.desk_programs:programs")
def test_programs_stand_there_with_their_state(scene: Scene, app: Web) -> None:
    running(scene)

    page = signed_in(scene, app).get("/worklist?show=programs").text

    assert re.search(r"Missed visit recovery</th>\s*<td>Running</td>\s*<td>3 running · 0 % of 3 done</td>", page)
    assert "<td>Idle</td>" in page


def test_promises_stand_there_with_their_case(scene: Scene, app: Web) -> None:
    case = scene.claimed()
    who = scene.who("Dana")
    with scene.db.begin(org=scene.org) as session:
        closing.close(session, case.id, "declined", by=who)
        made = promising.make(session, case, "call", "1 business day", by=who)

    page = signed_in(scene, app).get("/worklist?show=promises").text

    assert f"A call, case {made.number}" in page
    assert 'Promises <span class="count">1</span>' in page


def find(client: Client, name: str) -> Response:
    return client.post("/worklist/find", data={"proof": proof(client.get("/worklist")), "name": name})


@pytest.mark.parametrize("typed", ["delgado", "ROSA", "rosa del", "del ro"])
def test_a_case_is_found_by_a_name_alone(scene: Scene, app: Web, typed: str) -> None:
    found = find(signed_in(scene, app), typed)

    assert numbers(found) == {scene.row().number}
    assert "1 open case of patients of that name." in found.text
    assert "Delgado" not in found.text


def test_a_name_of_nobody_says_where_to_look_and_one_letter_is_too_little(scene: Scene, app: Web) -> None:
    client = signed_in(scene, app)

    nobody, short = find(client, "elgado"), find(client, "R")

    assert "No open case of a patient of that name." in nobody.text
    assert "Type at least two letters" in short.text
    assert short.status_code == 409


def test_a_search_is_in_the_audit_and_the_name_is_not(scene: Scene, app: Web) -> None:
    find(signed_in(scene, app), "Delgado")

    with scene.db.begin(org=scene.org) as session:
        rows = list(session.scalars(select(AuditRow).where(AuditRow.action == "patient.searched")))
    assert len(rows) == 1
    assert "elgado" not in str([(row.actor, row.subject_id, row.detail) for row in rows])


def test_another_teams_case_is_not_found_and_a_viewer_may_not_search(scene: Scene, app: Web) -> None:
    other_team, viewer = find(signed_in(scene, app, "Ola"), "Delgado"), find(signed_in(scene, app, "Vik"), "Delgado")

    assert numbers(other_team) == set()
    assert "Your role cannot look up patients" in viewer.text
