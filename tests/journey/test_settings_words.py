"""Settings: hours, roles, wording and approved answers, as an admin changes them in Slack."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from storage.tables import Case, Organisation, Staff
from tests.journey.settings_desk import audited, opened, row, shown
from tests.journey.test_home import home
from tests.world import BRUNO, CHLOE, FRANK, GRETA, OLGA, World
from workflows import staff, team_hours


def settings(world: World) -> dict[str, object]:
    with world.begin() as session:
        found: dict[str, object] = session.scalars(select(Organisation.settings)).one()
    return found


def role_of(world: World, user: str) -> tuple[str, int]:
    with world.begin() as session:
        who = staff.of_slack(session, "T0LAKESIDE1", user)
    return who.role.value, len(who.teams)


def pick(world: World, user: str) -> None:
    opened(world, GRETA)
    row(world, GRETA, "Roles")
    world.submit(GRETA, who=user)


def test_hours_are_typed_as_people_write_them_and_due_times_follow(world: World) -> None:
    opened(world, GRETA)
    row(world, GRETA, "Hours, breaks and holidays")
    row(world, GRETA, "Patient access")

    world.submit(GRETA, days="Mon-Thu 8-12, 13:00-5pm\nFri 9:00-13:00\nSat closed", closed="2026-12-24, 2026-12-25")

    assert "Mon-Thu 08:00-12:00, 13:00-17:00" in shown(world, GRETA)
    assert "2 more days off" in shown(world, GRETA)
    with world.begin() as session:
        work = team_hours.of(session, "patient_access")
        due = work.due("4 business hours", world.theatre.local(4, 12, 0)).astimezone(world.theatre.zone)
    assert (due.weekday(), due.hour) == (0, 11)  # one hour of Friday is left, three are Monday's
    assert audited(world, "hours")[-1][1] == "patient_access"


@pytest.mark.parametrize(
    ("days", "why"),
    [
        ("Mon-Fri from eight", "cannot be read. Write it like Mon-Fri"),
        ("Mon 17:00-8:00", "goes backwards"),
        ("Mon 8-12\nMon 13-17", "stands there twice"),
        ("Sat closed", "nobody would ever be at work"),
    ],
)
def test_hours_that_make_no_sense_are_refused_with_what_is_wrong(world: World, days: str, why: str) -> None:
    opened(world, GRETA)
    row(world, GRETA, "Hours, breaks and holidays")
    row(world, GRETA, "All teams at once")

    world.submit(GRETA, days=days)

    assert why in world.errors(GRETA)
    assert audited(world, "hours") == []


def test_the_same_hours_for_all_teams_are_one_form_filled_in_already(world: World) -> None:
    opened(world, GRETA)
    row(world, GRETA, "Hours, breaks and holidays")
    row(world, GRETA, "All teams at once")

    world.submit(GRETA)

    assert "All teams: Mon-Fri 08:00-17:00" in shown(world, GRETA)
    hours = settings(world)["hours"]
    assert isinstance(hours, dict)
    assert {"patient_access", "clinical", "front_office"} <= set(hours)


def test_a_role_counts_from_the_next_press_on_and_cases_go_to_others(world: World) -> None:
    world.no_show("story")
    world.text("story", "can I come next tue afternoon?")
    world.click("Claim", world.card("patient_access", "Offer new times"), by=BRUNO)
    pick(world, BRUNO)
    before = role_of(world, BRUNO)

    world.submit(GRETA, role="viewer")

    assert before[0] == "agent"
    assert role_of(world, BRUNO)[0] == "viewer"
    assert "Bruno Keller is viewer from now on" in shown(world, GRETA)
    with world.begin() as session:
        case = session.scalars(select(Case)).one()
        assert (case.owner_id, case.state) == (None, "open")


def test_a_colleague_who_is_not_on_the_list_is_put_on_it_with_what_slack_knows(world: World) -> None:
    pick(world, OLGA)
    without = shown(world, GRETA)
    world.slack.people[OLGA] = replace(world.slack.people[OLGA], email="olga@lakeside.example")
    pick(world, OLGA)

    world.submit(GRETA, role="agent", teams="patient_access")

    assert "Slack shows no e-mail for Olga Stone" in without
    assert role_of(world, OLGA) == ("agent", 1)


def test_the_only_admin_stays_one(world: World) -> None:
    with world.begin() as session:
        for other in session.scalars(select(Staff).where(Staff.role == "admin")).all()[1:]:
            other.role = "manager"
    pick(world, GRETA)

    world.submit(GRETA, role="manager")

    assert "is the only admin" in shown(world, GRETA)
    assert role_of(world, GRETA)[0] == "admin"


def test_a_managers_form_that_an_admin_left_open_is_refused(world: World) -> None:
    assert "Settings" not in str(home(world, CHLOE))
    assert "Settings" not in str(home(world, FRANK))


def test_what_the_clinic_says_of_itself_is_kept_in_both_languages(world: World) -> None:
    opened(world, GRETA)
    row(world, GRETA, "Wording")

    world.submit(
        GRETA, parking_en="The garage on Oak St is free for 2 hours", parking_es="El garaje de Oak St es gratis 2 horas"
    )

    facts = settings(world)["facts"]
    assert isinstance(facts, dict)
    assert facts["parking"] == {
        "en": "The garage on Oak St is free for 2 hours",
        "es": "El garaje de Oak St es gratis 2 horas",
    }


def test_a_brace_in_the_words_is_refused(world: World) -> None:
    opened(world, GRETA)
    row(world, GRETA, "Wording")

    world.submit(GRETA, parking_en="see {link}")

    assert "Write one line of plain words" in world.errors(GRETA)


def test_an_answer_is_approved_renewed_and_stopped(world: World) -> None:
    opened(world, GRETA)
    row(world, GRETA, "Approved answers")
    row(world, GRETA, "Address and directions")
    world.submit(GRETA, until="2027-09-30", give="yes")
    approved = shown(world, GRETA)
    row(world, GRETA, "Address and directions")

    world.submit(GRETA, give="no")

    assert "Approved in your name and given until 2027-09-30" in approved
    assert "It is not given any more" in shown(world, GRETA)
    answers = settings(world)["answers"]
    assert isinstance(answers, dict)
    assert answers["directions"] is None
    assert [change[1] for change in audited(world, "answers")] == ["directions", "directions"]


def test_words_that_break_a_rule_are_refused_with_the_rule(world: World) -> None:
    opened(world, GRETA)
    row(world, GRETA, "Approved answers")
    row(world, GRETA, "Address and directions")

    world.submit(GRETA, text_en="{clinic}: we are at {address}.", until="2027-09-30", give="yes")

    assert "Ask whether it helped" in world.errors(GRETA)
