"""The digest as managers get it: on Monday once, in their hands alone, and on request; and who may set when it comes."""

import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from handlers import processes
from storage.tables import Organisation
from tests.journey.settings_desk import audited, opened, row, shown
from tests.world import BRUNO, FRANK, GRETA, VERA, World
from workflows.organising import reports

pytestmark = pytest.mark.phi("any")
TITLE = "Figures of your outreach programs"


def enrolled(world: World) -> None:
    """Two patients missed their visits on Thursday; one answered."""
    for role in ("story", "landline"):
        world.no_show(role)
    world.text("story", "can I come next tue afternoon?")


def digests_to(world: World, user: str) -> list[dict[str, Any]]:
    return [one for one in world.messages_to(user) if one["text"] == TITLE]


def in_channel(world: World, channel: str) -> list[Any]:
    return [m for m in world.slack.rooms.all[channel].messages if m.text == TITLE and not m.deleted]


def timetable(world: World, said: object) -> None:
    with world.begin() as session:
        reports.keep_all(session, said)


def monday(world: World) -> None:
    """The Monday after, at seven; the clock process does its round twice."""
    world.at(7, 6, 59)
    processes.tick(world.deps)
    world.drain()
    assert digests_to(world, FRANK) == []
    world.at(7, 7, 0)
    for _ in range(2):
        processes.tick(world.deps)
        world.drain()


def weeks_later(world: World) -> None:
    """A Monday on which their runs are old enough to count."""
    world.at(42, 7, 0)
    processes.tick(world.deps)
    world.drain()
    world.hurry()


@pytest.mark.req("S119", by="workflows.weekly:promise")
def test_on_monday_each_manager_gets_it_once_and_next_monday_again(world: World) -> None:
    enrolled(world)

    monday(world)
    world.at(9, 12)
    processes.tick(world.deps)
    world.drain()

    (first,) = digests_to(world, FRANK)
    said = json.dumps(first["blocks"], ensure_ascii=False)
    assert "In brackets: of how many (n)" in said
    assert "Open in page" in said
    assert digests_to(world, BRUNO) == []
    world.at(14, 7, 5)
    processes.tick(world.deps)
    world.drain()
    assert len(digests_to(world, FRANK)) == 2


def test_when_slack_takes_no_pictures_the_text_is_there_and_the_thread_says_so(world: World) -> None:
    enrolled(world)
    timetable(world, {"managers": "off", "teams": {"front_office": {"day": "Mon", "at": "07:00"}}})
    world.fault("slack", method="files.getUploadURLExternal", error="file_uploads_disabled", times=3)

    weeks_later(world)

    (post,) = in_channel(world, world.channel("front_office"))
    under = [m.text for m in world.slack.rooms.all[world.channel("front_office")].messages if m.thread_ts == post.ts]
    assert [text for text in under if "charts could not be shown" in text] != []


def test_the_charts_stand_once_in_its_thread(world: World) -> None:
    enrolled(world)
    timetable(world, {"managers": "off", "teams": {"front_office": {"day": "Mon", "at": "07:00"}}})

    weeks_later(world)
    world.hurry()

    (post,) = in_channel(world, world.channel("front_office"))
    messages = world.slack.rooms.all[world.channel("front_office")].messages
    pictured = [m for m in messages if m.thread_ts == post.ts and m.files]
    assert len(pictured) == 1
    assert all(file["title"] for file in pictured[0].files)


@pytest.mark.req("S133", by="handlers.actions_report:open_report")
def test_its_buttons_open_the_page_and_the_csv_for_who_may_see_them(world: World) -> None:
    enrolled(world)
    timetable(world, {"managers": "off", "teams": {"front_office": {"day": "Mon", "at": "07:00"}}})
    monday(world)
    card = world.card("front_office", "Open in page")

    world.click("Open in page", card, by=FRANK)
    world.click("Download CSV", card, by=FRANK)

    links = [said for said in world.whispers_to(FRANK) if "/open/" in said]
    assert len(links) == 2
    assert "/report~" in links[0]
    assert "/report.csv~" in links[1]


def test_a_teams_digest_goes_to_its_channel_without_figures_by_team(world: World) -> None:
    enrolled(world)
    timetable(world, {"managers": "off", "teams": {"front_office": {"day": "Mon", "at": "07:00"}}})

    monday(world)

    (post,) = in_channel(world, world.channel("front_office"))
    thread = [m for m in world.slack.rooms.all[world.channel("front_office")].messages if m.thread_ts == post.ts]
    assert "By team" not in json.dumps([m.blocks for m in thread])


def test_a_managers_channel_that_others_read_gets_none_and_the_managers_do(world: World) -> None:
    enrolled(world)
    first = next(iter(world.slack.rooms.all.values()))
    public = replace(first, id="C0PUBLIC001", name="public", private=False, messages=[])
    world.slack.rooms.all[public.id] = public
    timetable(world, {"managers": {"day": "Mon", "at": "07:00", "channel": public.id}})

    monday(world)

    assert in_channel(world, public.id) == []
    assert len(digests_to(world, FRANK)) == 1


@pytest.mark.req("S133", by="handlers.commands.kpi:answer")
def test_a_manager_asks_for_it_and_gets_a_line_at_once_and_then_the_figures(world: World) -> None:
    enrolled(world)
    world.ticked(hours=1)
    here = world.channel("front_office")

    said = world.command(FRANK, here, "no_show this week by language", name="/kpi")

    assert said.startswith("Counting the figures of `no_show`")
    answer = world.whisper(FRANK)
    assert (
        "2 started → 1 delivered → 1 reached → 1 replied → 0 completed so far; some of them have time left."
        in answer.words
    )
    assert "No runs in this period are old enough to count yet." in answer.words
    assert "Download CSV" in answer.words
    assert "nan" not in answer.words.lower()


def test_who_asked_for_which_figures_is_written_down(world: World) -> None:
    enrolled(world)
    world.ticked(hours=1)

    world.command(VERA, world.channel("front_office"), "no_show this week by language", name="/kpi")
    assert "of the days asked for" in world.whisper(VERA).words
    world.command(FRANK, world.channel("front_office"), "", name="/kpi")
    assert "of the newest days that are old enough" in world.whisper(FRANK).words

    with world.begin() as session:
        rows = session.execute(text("SELECT detail::text FROM audit WHERE action = 'report.viewed' ORDER BY id"))
        asked = [json.loads(row.detail) for row in rows]
    assert [(one["form"], one.get("program"), one.get("by")) for one in asked] == [
        ("slack", "no_show", "language"),
        ("slack", None, None),
    ]


@pytest.mark.req("N8", by="handlers.commands.kpi:answer")
def test_a_manager_reads_each_persons_cases_by_name(world: World) -> None:
    enrolled(world)
    world.click("Claim", world.card("patient_access"), by=BRUNO)
    world.ticked(hours=1)

    world.command(FRANK, world.channel("front_office"), "this week by person", name="/kpi")

    assert "*Bruno Keller:* time to claim 1 of 1" in world.whisper(FRANK).words


def test_figures_by_team_are_for_managers(world: World) -> None:
    enrolled(world)
    here = world.channel("patient_access")

    for user in (BRUNO, VERA):
        for split in ("by team", "by person"):
            said = world.command(user, here, split, name="/kpi")
            assert said.startswith("Figures by team and person are for managers.")
        world.command(user, here, "", name="/kpi")
        assert "By team" not in world.whisper(user).words
    assert world.command(FRANK, here, "by team", name="/kpi").startswith("Counting")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("noshow", "Did you mean `/kpi no_show`?"),
        ("no_show 2027-01", "has not begun"),
        ("no_show january 2026", "Nobody had been enrolled in `no_show` by then"),
        ("waitlist", "Nobody was enrolled in `waitlist` yet"),
        ("by colour", "There is no such split."),
        ("by langage", "Did you mean `by language`?"),
        ("2026-02-30", "no period we know"),
    ],
)
def test_what_cannot_be_counted_gets_a_sentence(world: World, typed: str, said: str) -> None:
    enrolled(world)

    assert said in world.command(FRANK, world.channel("front_office"), typed, name="/kpi")


def test_an_admin_sets_when_it_comes(world: World) -> None:
    opened(world, GRETA)
    row(world, GRETA, "Weekly digest")
    assert "Monday 07:00, as a direct message to each" in shown(world, GRETA)
    row(world, GRETA, "Managers")

    world.submit(GRETA, day="Fri", at="16:30")

    assert "Managers: Friday 16:30" in shown(world, GRETA)
    (change,) = audited(world, "digest")
    assert change[1] == "managers"
    with world.begin() as session:
        assert session.query(Organisation).one().settings["digest"]["managers"] == {"day": "Fri", "at": "16:30"}
