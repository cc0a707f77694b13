"""The report page over HTTP: who may read what, by which address, and what is written down."""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from fastapi import FastAPI
from httpx import Client
from pypdf import PdfReader
from sqlalchemy import text

from bot import report_link
from handlers import actions_report
from handlers.edge import Click, OpenPage
from handlers.pages import outreach, report, routes
from tests.databases import Bells, Database
from tests.page_scene import Scene, clinic, deps_of
from tests.report_scene import gather
from tests.serving import serving
from workflows import page_access, staff

HERE = "/worklist/report"


@pytest.fixture
def scene(clean_database: Database) -> Iterator[Scene]:
    with clinic(clean_database, programs=True) as made:
        yield made


@pytest.fixture
def read(scene: Scene, valkey: Bells) -> Iterator["Reader"]:
    deps, app = deps_of(scene, valkey.url), FastAPI()
    for part in (routes.router(deps), outreach.router(deps), report.router(deps, gather)):
        app.include_router(part)
    with serving(app) as url, ExitStack() as open_ones:
        yield Reader(scene, url, open_ones)


class Reader:
    """Browsers of people who are signed in."""

    def __init__(self, scene: Scene, url: str, open_ones: ExitStack) -> None:
        self.scene, self.url, self._open_ones = scene, url, open_ones

    def browser(self) -> Client:
        return self._open_ones.enter_context(Client(base_url=self.url, timeout=30))

    def __call__(self, name: str) -> Client:
        client = self.browser()
        assert client.post(f"/open/{self.scene.link(name)}").status_code == 303
        return client

    def audited(self) -> list[tuple[str, str]]:
        with self.scene.db.begin(org=self.scene.org) as session:
            rows = session.execute(
                text("SELECT action, detail::text FROM audit WHERE action LIKE 'report.%' ORDER BY id")
            )
            return [(row.action, row.detail) for row in rows]


def a_click(scene: Scene, value: str) -> Click:
    return Click(scene.org, "T0CLINIC", "U0MIA", "1.2.3", value, {}, None, 0.0)


def plain(page: str) -> str:
    """What is read on it."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).replace("\u00a0", " ").replace("&#39;", "'").split())


@pytest.mark.req("S65", by="handlers.pages.report:Report.look")
def test_a_manager_reads_the_week(read: Reader) -> None:
    page = read("Mia").get(HERE)

    said = plain(page.text)
    assert page.status_code == 200
    assert "Needs faster staff follow-up: 1 in 10 reschedule cases" in said
    assert "Nov 16 to Nov 22, 2026" in said
    assert "Reached runs with a reply, live call or form of the right person within 7 days, of runs started" in said
    assert "70 % 67 to 73 % 702 of 1,004 runs +5 points may be chance" in said
    assert "Open the longest: case 1001" in said
    assert "2 promises to patients late" in said
    assert [action for action, _ in read.audited()] == ["report.viewed"]


def test_a_picture_and_who_looked_at_it_are_written_down(read: Reader) -> None:
    client = read("Mia")

    assert client.get(f"{HERE}/programs.png?by=language").headers["content-type"] == "image/png"
    assert client.get(f"{HERE}/nothing.png").status_code == 404

    ((action, detail),) = read.audited()
    assert action == "report.viewed"
    assert '"picture": "programs"' in detail
    assert '"by": "language"' in detail


@pytest.mark.req("N8", by="handlers.pages.report:_wanted")
def test_figures_of_people_are_for_managers_alone(read: Reader) -> None:
    manager, agent = read("Mia"), read("Dana")

    for split in ("owner", "person"):
        assert f'<option value="{split}"' in manager.get(HERE).text
        assert manager.get(f"{HERE}?by={split}").status_code == 200
        assert f'<option value="{split}"' not in agent.get(HERE).text
        for form in ("", ".csv", ".html"):
            refused = agent.get(f"{HERE}{form}?by={split}")
            assert refused.status_code == 403
            assert "for managers and admins" in refused.text


@pytest.mark.parametrize(("name", "status"), [("Vik", 200), ("Noor", 200), ("Omar", 403)])
def test_who_reads_cases_reads_the_report_and_an_auditor_does_not(read: Reader, name: str, status: int) -> None:
    assert read(name).get(HERE).status_code == status


def test_nobody_who_is_not_signed_in_reads_any_of_it(read: Reader) -> None:
    for form in ("", ".csv", ".html"):
        assert read.browser().get(f"{HERE}{form}").status_code == 401
    assert read.audited() == []


@pytest.mark.parametrize(
    ("query", "say"),
    [
        ("program=nothing_like_it", "There is no such program here"),
        ("program=Rosa%20Delgado", "There is no such report"),
        ("period=last%20thursday", "There is no such report"),
        ("period=2027-01", "has not begun"),
        ("period=2026-13", "That is no period we know"),
        ("period=2026-11-20..2026-11-01", "ends before it begins"),
        ("period=2020-01-01..2026-11-01", "more than 400 days"),
        ("by=mood", "There is no such report"),
    ],
)
def test_what_there_is_none_of_is_a_sentence(read: Reader, query: str, say: str) -> None:
    answer = read("Mia").get(f"{HERE}?{query}")

    assert answer.status_code == 404
    assert say in plain(answer.text)
    assert "`" not in answer.text


def test_the_csv_is_of_what_is_shown_and_names_nobody(read: Reader) -> None:
    answer = read("Mia").get(f"{HERE}.csv?by=language&period=2026-11-16..2026-11-22")

    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert answer.headers["content-disposition"] == 'attachment; filename="careloop-report-2026-11-16-2026-11-22.csv"'
    assert {"figures", "by_language", "equity_language", "steps", "funnel"} <= {row["table"] for row in rows}
    assert read.audited()[-1][0] == "report.downloaded"
    assert '"form": "csv"' in read.audited()[-1][1]


def test_the_one_file_needs_nothing_from_anywhere(read: Reader) -> None:
    answer = read("Mia").get(f"{HERE}.html")

    assert "attachment" in answer.headers["content-disposition"]
    assert "70\u00a0%" in answer.text
    assert re.findall(r'(?:src|href)="(?!data:)[^"]*"', answer.text) == []
    assert "url(" not in answer.text
    assert "@import" not in answer.text
    assert "<script" not in answer.text
    assert "<form" not in answer.text


@pytest.mark.req("S68", by="handlers.pages.report:Report.leadership")
def test_leaderships_page_is_of_a_month_and_a_program(read: Reader) -> None:
    manager = read("Mia")
    link = re.search(r'href="(/worklist/report\.pdf\?[^"]*)"', manager.get(f"{HERE}?program=no_show").text)
    assert link

    answer = manager.get(link.group(1).replace("&amp;", "&"))

    assert link.group(1) == "/worklist/report.pdf?program=no_show&amp;period=2026-11"
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == 'attachment; filename="careloop-report-2026-11-01-2026-11-23.pdf"'
    pages = PdfReader(io.BytesIO(answer.content)).pages
    assert len(pages) == 1
    assert "Lakeside Clinic · No-show recovery · Nov 1 to Nov 23, 2026" in pages[0].extract_text()
    assert '"form": "pdf"' in read.audited()[-1][1]


@pytest.mark.req("S133", by="handlers.actions_report:open_report")
def test_the_digests_button_opens_the_same_figures(read: Reader, scene: Scene) -> None:
    value = report_link.wanted("no_show", "2026-11-16..2026-11-22", "language").value
    with scene.db.begin(org=scene.org) as session:
        who = staff.of_id(session, scene.staff["Mia"])
        after = actions_report.open_report(session, a_click(scene, value), who)
    assert isinstance(after, OpenPage)

    client = read.browser()
    looked = client.get(after.path)
    entered = client.post(after.path)

    assert "Open" in looked.text
    assert entered.headers["location"] == f"{HERE}?program=no_show&period=2026-11-16..2026-11-22&by=language"
    assert "By language" in plain(client.get(entered.headers["location"]).text)
    assert client.post(after.path).status_code == 403


def test_a_link_whose_words_were_changed_opens_nothing_and_is_not_spent(read: Reader, scene: Scene) -> None:
    with scene.db.begin(org=scene.org) as session:
        token = page_access.make_link(session, who=staff.of_id(session, scene.staff["Mia"]), case_id=None)
    client = read.browser()

    assert client.post(f"/open/{token}/report~x~y").status_code == 403
    assert client.post(f"/open/{token}/report").headers["location"] == HERE
