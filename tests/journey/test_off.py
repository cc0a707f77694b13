"""I'm off until…: from Slack and on the page, to whom the cases go, what each of them reads, and what is refused."""

import re
from collections.abc import Iterator

import pytest
from httpx import Client, Response

from core.errors import Refused
from tests.databases import Bells, Database
from tests.page_scene import Scene, clinic, proof, web
from tests.serving import serving
from tests.world import BRUNO, CHLOE, World
from workflows import cases, staff
from workflows.cases import Opening

pytestmark = pytest.mark.phi("any")


def opened(world: World, by: str, key: str = "one") -> int:
    """A case of patient access that this person has; its number."""
    with world.begin() as session:
        opening = Opening(
            kind="admin", team="patient_access", reason="question", due="4 business hours", dedupe_key=key
        )
        case = cases.open_one(session, opening)
        workspace = str(world.theatre.facts["slack"]["team_id"])
        cases.claim(session, case.id, by=staff.of_slack(session, workspace, by))
        number = case.number
    world.drain()
    return number


@pytest.mark.phi("none")
@pytest.mark.req("S57", by="handlers.actions_off:leave")
def test_from_slack_the_cases_go_back_to_the_team_with_one_summary(monday: World) -> None:
    numbers = [opened(monday, BRUNO, key) for key in ("one", "two")]
    monday.command(BRUNO, monday.channel("patient_access"), "off")

    monday.submit(BRUNO, backup="team")

    form = monday.form(BRUNO)
    assert "2 cases handed over to" in str(form)
    told = [card for card in monday.cards("patient_access") if "is off until" in card.text]
    assert len(told) == 1
    assert all(f"Case {number}" in told[0] for number in numbers)
    said = monday.command(BRUNO, monday.channel("patient_access"), "off back")
    assert "Welcome back" in said
    assert "not down as off" in monday.command(BRUNO, monday.channel("patient_access"), "off back")


def test_nobody_who_is_off_is_given_a_case_in_slack(monday: World) -> None:
    number = opened(monday, CHLOE)
    monday.command(BRUNO, monday.channel("patient_access"), "off")
    monday.submit(BRUNO, backup="team")

    with monday.begin() as session:
        workspace = str(monday.theatre.facts["slack"]["team_id"])
        bruno, chloe = (staff.of_slack(session, workspace, who) for who in (BRUNO, CHLOE))
        case = cases.by_number(session, number)
        with pytest.raises(Refused, match="is off until"):
            cases.reassign(session, case.id, to=bruno.id, by=chloe)


@pytest.fixture
def scene(clean_database: Database) -> Iterator[Scene]:
    with clinic(clean_database) as made:
        yield made


@pytest.fixture
def browser(scene: Scene, valkey: Bells) -> Iterator[Client]:
    with serving(web(scene, valkey.url)) as url, Client(base_url=url) as client:
        client.post(f"/open/{scene.link('Dana')}")
        yield client


def send(browser: Client, page: Response, **typed: str) -> Response:
    return browser.post("/worklist/off", data={"proof": proof(page)} | typed)


def test_on_the_page_a_named_colleague_gets_them(scene: Scene, browser: Client) -> None:
    scene.claimed("Dana")
    page = browser.get("/worklist/off")
    mia = re.search(r'value="(stf_[a-z0-9]+)">Mia<', page.text)
    assert mia

    done = send(browser, page, day="2030-01-01", time="08:00", backup=mia[1])
    assert "within a year" in done.text
    assert 'value="2030-01-01"' in done.text
    tomorrow = re.search(r'name="day"[^>]*value="([0-9-]+)"', page.text)
    assert tomorrow
    done = send(browser, page, day=tomorrow[1], time="08:00", backup=mia[1])

    assert "1 case handed over to Mia." in done.text
    assert scene.row().owner_id == scene.staff["Mia"]
    assert "I am here again" in browser.get("/worklist/off").text
    assert "Welcome back" in send(browser, browser.get("/worklist/off"), back="yes").text
    assert scene.row().owner_id == scene.staff["Mia"]


@pytest.mark.parametrize(
    ("day", "time"), [("", ""), ("soon", "08:00"), ("2026-12-01", "8 o'clock"), ("9999-99-99", "08:00")]
)
def test_what_cannot_be_read_is_said_and_nothing_is_handed_over(
    scene: Scene, browser: Client, day: str, time: str
) -> None:
    scene.claimed("Dana")

    done = send(browser, browser.get("/worklist/off"), day=day, time=time)

    assert done.status_code == 409
    assert "Days are written like" in done.text
    assert scene.row().owner_id == scene.staff["Dana"]
