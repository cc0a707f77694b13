"""The first day of a clinic: installed, one admin, nothing else; then all that the checklist asks for, in Slack alone."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from handlers.cli import organisation
from storage.tables import CohortUpload, Organisation, ProgramRow, Team
from tests.journey.settings_desk import audited, opened, row, shown, window
from tests.journey.test_home import home, press
from tests.kept import line
from tests.theatre import Theatre, write_facts
from tests.world import CHLOE, FRANK, GRETA, HANNA, MONDAY, OLGA, World

PHONE = "+13125550188"
LIST = "mrn,last name,phone\nMRN10001,Story,\nMRN10004,Silent,\n"
CHANNELS = {"Patient access": "C0PATACCESS", "Clinical": "C0CLINICAL0", "Front office": "C0FRONTOFFC"}
BARE = (
    "TRUNCATE teams, staff, programs, cohorts, appointments CASCADE",
    "UPDATE organisations SET settings = '{}', phi_level = 'none'",
)


@pytest.fixture
def bare(house: Theatre, tmp_path: Path) -> Iterator[World]:
    """Installed in Slack, connected to provider and EHR, and one admin by a file that says no more."""
    made = World(house, MONDAY)
    with line(house.database.superuser_url) as connection:
        for statement in BARE:
            connection.execute(statement)
    kept = {key: said for key, said in house.facts.items() if key not in ("teams", "on_call", "hours", "sla", "pilot")}
    admin = next(one for one in house.facts["staff"] if one["slack_id"] == GRETA)
    organisation.apply(house.deps.db, write_facts(tmp_path, kept | {"staff": [admin | {"teams": [], "phone": None}]}))
    made.at(0, 10, 30)
    yield made
    made.close()


def checklist(world: World, user: str = GRETA) -> str:
    home(world, user)
    press(world, user, "First day")
    return shown(world, user)


def step(world: World, title: str, user: str = GRETA) -> None:
    """The button of a line, done or not."""
    checklist(world, user)
    row(world, user, f"{'✓' if f'✓ {title}' in shown(world, user) else '○'} {title}")


def green(world: World, user: str = GRETA) -> set[str]:
    """Titles of what is done."""
    checklist(world, user)
    first = [b["text"]["text"].partition("\n")[0].strip("*") for b in window(world, user)["blocks"] if "accessory" in b]
    return {words.removeprefix("✓ ") for words in first if "✓" in words}


def programs(world: World) -> int:
    """How many are published."""
    with world.begin() as session:
        return session.scalar(select(func.count()).select_from(ProgramRow)) or 0


def colleague(world: World, user: str, role: str, *teams: str) -> None:
    step(world, "People")
    world.submit(GRETA, who=user)
    values = {"role": {"settings.person.role": role}, "teams": {"settings.person.teams": list(teams)}}
    filled = {f"settings.person.{name}": value for name, value in values.items()}
    world.act("slack/submit", user=GRETA, view_id=window(world, GRETA)["id"], values=filled)


def test_from_nothing_to_all_green_without_a_terminal(bare: World) -> None:
    assert green(bare) == set()
    assert programs(bare) == 0

    for name, channel in CHANNELS.items():
        step(bare, "Teams")
        row(bare, GRETA, name)
        bare.submit(GRETA, name=name, channel=channel)
    assert green(bare) == {"Teams", "Channels"}
    assert programs(bare) > 10

    colleague(bare, FRANK, "manager", "front_office", "patient_access")
    colleague(bare, HANNA, "clinician", "clinical")
    colleague(bare, CHLOE, "agent", "patient_access")
    assert "People" in green(bare)

    step(bare, "Hours")
    row(bare, GRETA, "All teams at once")
    bare.submit(GRETA)
    assert "Hours" in green(bare)

    step(bare, "A text to your own phone")
    bare.submit(GRETA, phone="+1 (312) 555-0188")
    assert bare.texts(PHONE)[0].startswith("Lakeside Clinic: a test from Careloop.")
    assert "A text to your own phone" in green(bare)

    opened(bare, GRETA)
    row(bare, GRETA, "What Slack may see")
    bare.submit(GRETA, level="full")
    bare.submit(GRETA, baa="baa")
    step(bare, "The first list", FRANK)
    file = {"name": "overdue.csv", "content_base64": base64.b64encode(LIST.encode()).decode()}
    bare.act(
        "slack/submit",
        user=FRANK,
        view_id=window(bare, FRANK)["id"],
        values={"recall.csv.source": {"recall.csv.source": "billing"}, "recall.csv.file": {"recall.csv.file": file}},
    )
    assert "2 patients taken" in shown(bare, FRANK)

    step(bare, "A launch plan")
    bare.submit(GRETA, program="recall", population="Adults, overdue for six months")
    assert "What patients read" in shown(bare, GRETA)
    bare.submit(GRETA)
    assert "A launch plan" in green(bare)

    step(bare, "A practice case", FRANK)
    team = "front_office" if bare.cards("front_office") else "patient_access"
    bare.click("Claim", bare.card(team, "Practice"), by=FRANK)
    bare.click("Reschedule", bare.card(team, "Practice"), by=FRANK)
    bare.submit(FRANK, slot="practice-0")

    last = checklist(bare)
    assert last.count("✓") == 8
    assert "All green: launch with /recall" in last
    assert "First day" not in json.dumps(home(bare, GRETA)["blocks"])


def test_what_is_green_is_read_from_rows_and_turns_back(bare: World) -> None:
    for name, channel in CHANNELS.items():
        step(bare, "Teams")
        row(bare, GRETA, name)
        bare.submit(GRETA, name=name, channel=channel)
    with bare.begin() as session:
        session.scalars(select(Team).where(Team.code == "clinical")).one().channel_seen_at = None

    assert green(bare) == {"Teams"}
    assert "Not looked at yet: Clinical" in shown(bare, GRETA)


def test_the_list_is_a_managers_and_an_admin_is_told_whose(bare: World) -> None:
    step(bare, "The first list")

    assert "A manager hands over the list" in shown(bare, GRETA)
    assert "nobody yet: give somebody the role under People" in shown(bare, GRETA)


def test_a_stranger_on_the_first_day_is_told_whom_to_ask_and_breaks_nothing(bare: World) -> None:
    said = bare.command(OLGA, CHANNELS["Front office"], "help")

    assert "not on Careloop's staff list" in said


@pytest.mark.parametrize(
    ("phone", "why"), [("555-0188", "Write it as +13125550123"), ("12", "Write it as +13125550123")]
)
def test_a_number_without_its_country_is_refused(world: World, phone: str, why: str) -> None:
    checklist(world)
    step(world, "A text to your own phone")

    world.submit(GRETA, phone=phone)

    assert why in world.errors(GRETA)


def test_a_test_text_waits_for_the_window_as_any_other(world: World) -> None:
    world.at(3, 23, 30)
    step(world, "A text to your own phone")
    world.submit(GRETA, phone=PHONE)

    assert world.texts(PHONE) == []
    assert "texts leave within the hours" in checklist(world)

    world.ticked(hours=11)
    assert len(world.texts(PHONE)) == 1


def test_who_agrees_to_a_plan_is_on_the_audit_and_a_newer_version_asks_again(world: World) -> None:
    step(world, "A launch plan")
    world.submit(GRETA, program="recall", population="Adults of Lincoln Park")
    world.slack.modals.stacks[GRETA][-1]["private_metadata"] = "recall:99"  # as if an older version had been read

    world.submit(GRETA)

    assert "is live by now. Read its plan first" in world.errors(GRETA)
    assert audited(world, "launch_plans") == []


def test_the_checklist_is_for_admins_and_managers(world: World) -> None:
    assert "First day" not in json.dumps(home(world, CHLOE)["blocks"])
    with world.begin() as session:
        assert session.scalars(select(CohortUpload)).all() == []
        assert "first_day_done" not in session.scalars(select(Organisation.settings)).one()
    assert "First day" in json.dumps(home(world, FRANK)["blocks"])
