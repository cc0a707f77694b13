"""From the digest in Slack to the report: the same figures, counted from what happened."""

import re

import pytest
from httpx import Client

from tests.journey.test_digest import digests_to, enrolled, timetable, weeks_later
from tests.world import FRANK, World

pytestmark = pytest.mark.phi("any")


def plain(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page).replace("\u00a0", " ").split())


@pytest.mark.req("S65", by="workflows.kpis.reports:gather")
def test_open_in_page_leads_to_the_report_with_the_same_days(world: World) -> None:
    enrolled(world)
    timetable(world, {"managers": "off", "teams": {"front_office": {"day": "Mon", "at": "07:00"}}})
    weeks_later(world)
    assert digests_to(world, FRANK) == []
    world.click("Open in page", world.card("front_office", "Open in page"), by=FRANK)
    (link,) = [
        found for said in world.whispers_to(FRANK) if (found := re.search(r"https?://[^|>\s]+/open/[^|>\s]+", said))
    ]

    with Client(follow_redirects=True, trust_env=False, timeout=60) as browser:
        page = browser.post(link.group(0))
        table = browser.get(str(page.url).replace("/report?", "/report.csv?"))
        paper = browser.get(str(page.url).partition("/report?")[0] + "/report.pdf?period=last_month")

    said = plain(page.text)
    assert page.status_code == table.status_code == paper.status_code == 200
    assert "What it says" in said
    assert "Before you repeat these numbers" in said
    assert "Reached" in table.text
    assert paper.content.startswith(b"%PDF")
    assert "nan" not in (said + table.text).casefold().replace("finance", "")
