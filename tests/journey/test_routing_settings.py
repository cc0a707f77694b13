"""An admin keeps the routing table in Slack: a line added, asked about, changed, taken away; what cannot be is said in the form."""

import pytest
from sqlalchemy import select

from storage.tables import AuditRow, Case, Team
from tests.journey.settings_desk import opened, row, shown
from tests.journey.test_home import home
from tests.world import FRANK, GRETA, World
from workflows import routing_rules, staff


def table(world: World) -> str:
    opened(world, GRETA)
    row(world, GRETA, "Routing")
    return shown(world, GRETA)


def went_to(world: World) -> str:
    with world.begin() as session:
        team = select(Team.code).join(Case, (Case.org_id == Team.org_id) & (Case.team_id == Team.id))
        return session.scalars(team.where(Case.kind == "reschedule").order_by(Case.number.desc())).first() or ""


def asked(world: World, who: str) -> str:
    world.no_show(who)
    world.text(who, "can I come next tue afternoon?")
    world.drain()
    return went_to(world)


@pytest.mark.req("S48", by="workflows.routing:place")
def test_a_line_is_added_counts_for_the_next_case_is_changed_and_taken_away(world: World) -> None:
    assert "Off until there is one" in table(world)
    row(world, GRETA, "Another line")
    world.submit(GRETA, kind="reschedule", hours="any", team="front_office")
    assert "The line is saved" in shown(world, GRETA)
    assert asked(world, "story") == "front_office"

    table(world)
    row(world, GRETA, "Offer new times")
    world.submit(GRETA, kind="reschedule", hours="any", team="patient_access", backup="front_office")
    assert "Patient access, else Front office" in shown(world, GRETA)

    row(world, GRETA, "Offer new times")
    form = world.form(GRETA)
    assert form is not None
    world.act(
        "slack/submit",
        user=GRETA,
        view_id=form["id"],
        values={"settings.route.gone": {"settings.route.gone": ["gone"]}},
    )
    assert "The line is gone" in shown(world, GRETA)
    with world.begin() as session:
        done = session.scalars(
            select(AuditRow.action).where(AuditRow.action.startswith("routing.")).order_by(AuditRow.id)
        )
        assert list(done) == ["routing.added", "routing.changed", "routing.removed"]


def test_a_clinical_kind_for_another_desk_is_refused_in_the_form(world: World) -> None:
    table(world)
    row(world, GRETA, "Another line")

    world.submit(GRETA, kind="red_flag", hours="any", team="front_office")

    assert "Front office is not a clinical team" in world.errors(GRETA)
    world.submit(GRETA, kind="red_flag", hours="any", team="clinical")
    assert "The line is saved" in shown(world, GRETA)


def test_where_would_this_go_names_the_team_and_the_line(world: World) -> None:
    table(world)
    row(world, GRETA, "Another line")
    world.submit(GRETA, language="es", hours="any", team="front_office")

    row(world, GRETA, "Where would this go?")
    world.submit(GRETA, kind="call_task", team="patient_access", language="es", hours="in")
    spanish = shown(world, GRETA)
    row(world, GRETA, "Another question")
    world.submit(GRETA, kind="call_task", team="patient_access", language="en", hours="in")

    assert "Goes to *Front office*" in spanish
    assert "By the line" in spanish
    assert "Goes to *Patient access*" in shown(world, GRETA)
    assert "No line fits" in shown(world, GRETA)


def test_the_default_queue_and_the_fallback_channel_are_set_and_what_came_up_without_a_line_is_listed(
    world: World,
) -> None:
    table(world)
    row(world, GRETA, "Without a line")
    world.submit(GRETA, default="front_office", fallback="front_office")
    assert "No line: Front office. Fallback channel: the channel of Front office." in shown(world, GRETA)
    row(world, GRETA, "Another line")
    world.submit(GRETA, kind="review", hours="any", team="front_office")

    assert asked(world, "story") == "front_office"
    assert "No line yet: Offer new times" in table(world)


def test_a_line_that_a_colleague_changed_meanwhile_is_not_written_over(world: World) -> None:
    table(world)
    row(world, GRETA, "Another line")
    world.submit(GRETA, kind="review", hours="any", team="front_office")
    row(world, GRETA, "Read a reply")
    with world.begin() as session:
        (rule,) = routing_rules.lines(session)
        who = staff.of_slack(session, world.slack.config.team_id, GRETA)
        routing_rules.change(session, rule.id, routing_rules.Wanted(kind="review", team="patient_access"), by=who)

    world.submit(GRETA, kind="review", hours="any", team="clinical")

    assert "Nothing of yours was saved" in world.errors(GRETA)


def test_only_admins_have_it(world: World) -> None:
    assert "Settings" not in str(home(world, FRANK))
