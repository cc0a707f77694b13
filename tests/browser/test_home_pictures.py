"""The Home of a busy Monday as the sandbox draws it, with no row, five and three hundred; and cards where Slack sees no patient."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from bot import home, surfaces
from handlers.pages.words import KINDS
from storage.db import Database
from tests import business_clock, databases, factories
from tests.bench import seed
from tests.browser.page_stage import DANA, Stage, a_message
from tests.browser.test_case_page import picture
from tests.browser.test_page_rendering import page, stage, tab
from tests.kept import door
from workflows import lenses, publishing, staff
from workflows.desk import View

__all__ = ["page", "stage", "tab"]  # fixtures
pytestmark = pytest.mark.browser
WIDER = "document.querySelector('.messages').scrollWidth - document.querySelector('.messages').clientWidth"


@pytest.fixture
def clinic(clean_database: databases.Database) -> Iterator[tuple[Database, UUID]]:
    business_clock.set_business_time(clean_database.owner_url, factories.MONDAY_NOON)
    db = door(clean_database.app_url)
    org = factories.an_organisation(db)
    with db.begin(org=org) as session:
        teams = factories.all_teams(session)
        factories.a_member_of_staff(session, team=teams["patient_access"])
        publishing.publish_built_in(session, actor="system")
    yield db, org
    business_clock.reset(clean_database.owner_url)


def shown(page: Page, stage: Stage, view: dict[str, Any]) -> None:
    """Dana's Home is this view now."""
    stage.state["slack"]["home"] = {DANA: {"id": "V9", "view": view, "hash": "1", "errors": {}}}
    page.get_by_role("button", name="Home").click()
    expect(page.get_by_role("region", name="Home").get_by_role("button", name="Programs")).to_be_visible()


@pytest.mark.parametrize("rows", [0, 5, 300])
def test_a_home_of_any_size_is_drawn_and_fits(
    page: Page, stage: Stage, clinic: tuple[Database, UUID], rows: int
) -> None:
    db, org = clinic
    with db.begin(org=org) as session:
        who = staff.of_slack(session, factories.WORKSPACE, "U0AGENT")
        if rows:
            seed.mixed_desk(session, rows, runs=rows, owner=who.id)
    for view in (View.OPEN, View.RUNNING, View.PROGRAMS):
        with db.begin(org=org) as session:
            made = home.build(session, who, words=KINDS, view=view)
        shown(page, stage, made)
        picture(page, f"home-{rows}-{view.value}")
        assert page.evaluate(WIDER) <= 0
    with db.begin(org=org) as session:
        lenses.narrow(session, who, state="waiting", kind="low_score")
        made = home.build(session, who, words=KINDS, view=View.UNCLAIMED)
    shown(page, stage, made)
    picture(page, f"home-{rows}-narrowed")
    expect(page.get_by_role("button", name="Show all")).to_be_visible()


def test_cards_of_every_kind_where_slack_sees_no_patient(page: Page, stage: Stage) -> None:
    cards = [
        one
        for one in surfaces.every()
        if one.surface == "message" and one.phi_level == "none" and one.name.startswith("card.")
    ]
    cards = [one for one in cards if one.name.endswith(".open")][:12]
    stage.channel()["messages"] = [
        a_message(f"2.{n}", one.payload["text"], blocks=one.payload["blocks"]) for n, one in enumerate(cards, start=1)
    ]

    page.reload()

    expect(page.get_by_role("log", name="Messages in").get_by_role("group").nth(11)).to_be_attached()
    picture(page, "cards-none")
    assert len(cards) == 12
