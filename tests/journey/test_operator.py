"""What operators type in a terminal, and what patients and managers then see."""

import json

import pytest

from handlers.cli.commands.campaign import COMMAND as CAMPAIGN
from handlers.cli.commands.program import COMMAND as PROGRAM
from tests.journey.test_recall import listed
from tests.world import World

pytestmark = pytest.mark.phi("any")

NEW = "{clinic}: we kept a place for you. Reply 1 for a new time, 2 for a call, 3 not now. STOP to end."
FRANK, GRETA, BRUNO = "frank@lakeside.example", "greta@lakeside.example", "bruno@lakeside.example"
HANNA = "hanna@lakeside.example"
TEXTABLE = ("story", "silent", "spanish", "close", "elsewhere", "attends")


@pytest.mark.phi("none")
@pytest.mark.req("S107", by="workflows.launch_plan:_texts")
@pytest.mark.req("N13", by="workflows.drafts:approve")
def test_the_launch_plan_shows_the_words_and_a_new_wording_reaches_only_who_begins_after_it(world: World) -> None:
    plan = world.operate(
        PROGRAM, "launch-plan", "no_show", "--owner", "Frank Osei", "--population", "missed visits of the last day"
    )
    world.no_show("story")
    drafted = world.operate(PROGRAM, "draft", "no_show", "--text", "second", "--words", NEW, "--by", BRUNO, "--json")
    revision = str(json.loads(drafted)["revision"])

    world.operate(PROGRAM, "approve", "no_show", "--revision", revision, "--by", FRANK, "--yes")
    world.no_show("silent")
    world.at(5, 9)

    wanted = (
        "# Launch plan: Missed visit recovery", "`appointment.noshow`, no older than 24h", "Frank Osei",
        "missed visits of the last day", "Lakeside Clinic: we're sorry we didn't see you.", "stop-all program no_show",
    )  # fmt: skip
    assert [words for words in wanted if words not in plan] == []
    assert "we would still like to see you" in world.texts("story")[-1]
    assert "we kept a place for you" in world.texts("silent")[-1]


@pytest.mark.phi("none")
@pytest.mark.req("N9", by="workflows.campaigns.counts:compare")
def test_the_holdout_is_not_contacted_and_the_campaign_is_compared_with_it(world: World) -> None:
    listed(world, TEXTABLE)
    asked = ("--reason", "Overdue for 12 months", "--population", "Adults not seen for a year", "--holdout", "0.3")
    who = ("--by", FRANK, "--json", "--yes")
    world.operate(CAMPAIGN, "preview", "--program", "checkup", "--cohort", "overdue", *asked, *who)
    assert "a second person has to approve" in world.operate(CAMPAIGN, "launch", "1", *who, exits=1)
    world.operate(CAMPAIGN, "approve", "1", "--by", HANNA, "--json", "--yes")
    world.operate(CAMPAIGN, "launch", "1", *who)
    world.at(3, 19, 30)

    told = json.loads(world.operate(CAMPAIGN, "status", "1", "--json"))

    texted = [role for role in TEXTABLE if world.texts(role)]
    assert told["effect"]["treated"] == len(texted)
    assert told["effect"]["treated"] + told["effect"]["holdout"] == len(TEXTABLE)
