"""Connecting Slack by OAuth over real HTTP: who may, what Slack grants, newer tokens, and the end."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.blocks import Message
from core import clock
from core.errors import Refused
from handlers import processes
from handlers.cli import organisation
from handlers.cli.organisation_slack import invite as invite_command
from handlers.cli.organisation_slack import slack as slack_command
from handlers.cli.organisation_slack import workspace as workspace_command
from handlers.pages import shell
from handlers.slack_access import SlackAccess
from sandbox.slack.staff import Staff
from storage.db import Database, vault
from storage.tables import Case, Connection, InstallInvitation, SlackInstall, SlackWorkspace
from tests import factories
from tests.journey.settings_desk import opened, shown
from tests.journey.settings_desk import row as settings_row
from tests.journey.test_slack_down import texted
from tests.journey.test_slack_matrix import JSON, event, post
from tests.kept import line
from tests.slack_grid import ENTERPRISE, NORTH, OTHER, Browser, expire, invitation, oauth_world, soon
from tests.theatre import wait_until, write_facts
from tests.world import BRUNO, GRETA, World
from workflows import page_access, paging, slack_installs, slack_tokens, staff


@pytest.fixture
def grid(world: World) -> Iterator[World]:
    """The world with an app that rotates tokens, two workspaces and an Enterprise organisation; nothing is installed by OAuth."""
    with oauth_world(world) as made:
        yield made


def row(world: World) -> SlackInstall:
    with world.begin() as session:
        return session.scalars(select(SlackInstall)).one()


def tokens(world: World) -> tuple[str, str | None]:
    with world.begin() as session:
        one, keys = session.scalars(select(SlackInstall)).one(), vault(session)
        assert one.bot_token is not None
        again = keys.open(one.refresh_token, slack_installs.REFRESH_TOKEN, one.id) if one.refresh_token else None
        return keys.open(one.bot_token, slack_installs.BOT_TOKEN, one.id), again


def count(world: World, what: Any) -> int:
    with world.begin() as session:
        return session.scalar(select(func.count()).select_from(what)) or 0


def asked(world: World) -> None:
    world.no_show("story")
    world.text("story", "can I come next tue afternoon?")
    world.drain()


def alerts(world: World, reason: str) -> int:
    with world.begin() as session:
        found = select(func.count()).where(Case.kind == "system_alert", Case.reason == reason)
        return session.scalar(found) or 0


# who may connect what


def test_an_invitation_connects_the_workspace_and_the_cards_come_by_its_token(grid: World) -> None:
    page = Browser(grid).install(invitation(grid))

    assert page.status_code == 200
    assert "is connected" in page.text
    one = row(grid)
    assert (one.place, one.org_wide, one.installs) == (grid.theatre.config.slack_team, False, 1)
    assert count(grid, Connection) == 2  # the pasted token went
    asked(grid)
    assert grid.card("patient_access").control("Claim") is not None
    grid.click("Claim", grid.card("patient_access"), by=BRUNO)
    assert grid.card("patient_access").control("Close") is not None


def test_neither_token_is_in_the_database_in_clear(grid: World) -> None:
    Browser(grid).install(invitation(grid))

    given = tokens(grid)
    with line(grid.theatre.database.superuser_url) as connection:
        kept = [
            str(bytes(value))
            for found in connection.execute("SELECT bot_token, refresh_token FROM slack_installs")
            for value in found
        ]
    assert given[1] is not None
    assert not [secret for secret in given if secret and any(secret in value for value in kept)]


def test_without_an_invitation_nothing_begins(grid: World) -> None:
    browser = Browser(grid)

    bare, foreign = browser.get("/slack/install"), browser.get(f"/slack/install?invite={'0' * 26}.{'x' * 43}")

    assert "invitation" in bare.text
    assert "/oauth/v2/authorize" not in bare.text
    assert foreign.status_code == 404


def test_the_way_back_is_good_once_and_says_so(grid: World) -> None:
    browser, link = Browser(grid), invitation(grid)
    back = browser.allow(browser.begin(link))
    first = browser.get(back)

    again = browser.get(back)

    assert first.status_code == 200
    assert again.status_code == 403
    assert "used already" in again.text
    assert row(grid).installs == 1


def test_another_browsers_way_back_connects_nothing(grid: World) -> None:
    browser = Browser(grid)
    back = browser.allow(browser.begin(invitation(grid)))

    stolen = Browser(grid).get(back)

    assert stolen.status_code == 403
    assert "another browser" in stolen.text
    assert count(grid, SlackInstall) == 0
    assert browser.get(back).status_code == 200


def test_two_returns_at_once_connect_once(grid: World) -> None:
    browser = Browser(grid)
    back = browser.allow(browser.begin(invitation(grid)))
    answers: list[int] = []
    together = [threading.Thread(target=lambda: answers.append(browser.twin().get(back).status_code)) for _ in range(6)]

    for one in together:
        one.start()
    for one in together:
        one.join(20)

    assert sorted(answers) == [200] + [403] * 5
    assert row(grid).installs == 1


def test_an_old_state_and_an_old_invitation_say_what_to_do(grid: World) -> None:
    browser, link = Browser(grid), invitation(grid)
    back = browser.allow(browser.begin(link))
    with line(grid.theatre.database.superuser_url) as connection:
        connection.execute("UPDATE install_states SET expires_at = clock_timestamp() - interval '1 second'")
    late = browser.get(back)
    with line(grid.theatre.database.superuser_url) as connection:
        connection.execute("UPDATE install_invitations SET expires_at = clock_timestamp() - interval '1 second'")

    stale = browser.get(link)

    assert "More than 10 minutes" in late.text
    assert "older than 3 days" in stale.text
    assert count(grid, SlackInstall) == 0


def test_who_says_no_in_slack_reads_that_nothing_was_connected_and_can_try_again(grid: World) -> None:
    browser, link = Browser(grid), invitation(grid)

    denied = browser.get(browser.allow(browser.begin(link), decision="deny"))

    assert denied.status_code == 403
    assert "told not to let Careloop in" in denied.text
    assert browser.install(link).status_code == 200


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("invalid_code", "good once"),
        ("code_already_used", "good once"),
        ("bad_client_secret", "SLACK_CLIENT_ID"),
        ("invalid_client_id", "SLACK_CLIENT_ID"),
        ("internal_error", "no clear answer"),
    ],
)
def test_what_slack_refuses_is_said_plainly_and_nothing_is_kept(grid: World, word: str, said: str) -> None:
    grid.fault("slack", method="oauth.v2.access", error=word)

    page = Browser(grid).install(invitation(grid))

    assert page.status_code in (403, 503)
    assert said in page.text
    assert count(grid, SlackInstall) == 0


def test_missing_scopes_are_named_and_the_running_connection_stays(grid: World) -> None:
    browser = Browser(grid)
    address = browser.begin(invitation(grid)).replace("chat%3Awrite%2C", "")

    page = browser.get(browser.allow(address))

    assert page.status_code == 403
    assert "chat:write is missing" in page.text
    assert (count(grid, SlackInstall), count(grid, Connection)) == (0, 3)


def test_a_newer_invitation_takes_the_older_ones_back(grid: World) -> None:
    astray, link = invitation(grid), invitation(grid)

    assert "a newer one was made" in Browser(grid).get(astray).text
    assert Browser(grid).install(link).status_code == 200


def test_a_pasted_token_does_not_come_back_over_an_install_that_lives(grid: World, tmp_path: Path) -> None:
    Browser(grid).install(invitation(grid))
    file = write_facts(tmp_path, grid.theatre.facts)

    organisation.apply(grid.deps.db, file)
    assert count(grid, Connection) == 2
    grid.act("slack/uninstall", place=grid.theatre.config.slack_team)
    grid.drain()
    organisation.apply(grid.deps.db, file)

    assert count(grid, Connection) == 3  # and counts once the install has ended


def test_an_invitation_binds_one_workspace_only(grid: World) -> None:
    link = invitation(grid)
    Browser(grid).install(link)

    second = Browser(grid).get(link)

    assert second.status_code == 403
    assert "used already" in second.text


def test_a_workspace_of_another_organisation_is_refused_and_stays_theirs(grid: World) -> None:
    ours, link = grid.org, invitation(grid)
    hill = grid.deps.db.found(name="Hillside", brand="Hillside", phone="555-0101", zone="America/Chicago")
    with grid.deps.db.begin(org=hill) as session:
        slack_installs.claim(session, slack_installs.TEAM, OTHER)
    browser = Browser(grid)

    page = browser.get(browser.allow(browser.begin(link), place=OTHER))

    assert page.status_code == 403
    assert "belongs to another organisation" in page.text
    with grid.deps.db.begin(org=ours) as session:
        assert session.scalars(select(SlackInstall)).all() == []
        assert session.scalars(select(InstallInvitation.used_at)).one() is None  # still good for the right one


def test_a_second_workspace_is_refused_while_the_first_one_lives(grid: World) -> None:
    Browser(grid).install(invitation(grid))
    browser = Browser(grid)

    page = browser.get(browser.allow(browser.begin(invitation(grid)), place=OTHER))

    assert page.status_code == 403
    assert "already works in" in page.text
    assert row(grid).place == grid.theatre.config.slack_team


def test_installing_again_renews_the_one_row(grid: World) -> None:
    Browser(grid).install(invitation(grid))
    before = tokens(grid)

    Browser(grid).install(invitation(grid))

    assert row(grid).installs == 2
    assert tokens(grid) != before


# newer tokens


def test_tokens_are_renewed_hours_before_they_end_and_the_old_pair_is_forgotten(grid: World) -> None:
    Browser(grid).install(invitation(grid))
    before = tokens(grid)
    soon(grid, hours=3)

    processes.seal(grid.deps)
    grid.drain()

    after = tokens(grid)
    assert (after[0] != before[0], after[1] != before[1]) == (True, True)
    assert row(grid).generation == 2
    left = row(grid).expires_at
    assert left is not None
    assert left - clock.machine() > timedelta(hours=11)
    asked(grid)
    assert grid.card("patient_access").control("Claim") is not None


def test_a_token_with_more_than_four_hours_left_is_let_alone(grid: World) -> None:
    Browser(grid).install(invitation(grid))
    soon(grid, hours=5)

    processes.seal(grid.deps)
    grid.drain()

    assert row(grid).generation == 1


def test_of_many_workers_one_asks_slack(grid: World) -> None:
    Browser(grid).install(invitation(grid))
    install, access = row(grid).id, grid.deps.vendors.slack_access
    outcomes: list[object] = []

    def ask() -> None:
        try:
            outcomes.append(access.rotate(grid.org, install))
        except Exception as error:  # noqa: BLE001 - which one is looked at
            outcomes.append(type(error).__name__)

    together = [threading.Thread(target=ask) for _ in range(5)]
    for one in together:
        one.start()
    for one in together:
        one.join(20)

    renewals = [
        call for call in grid.slack.calls.of("oauth.v2.access") if call.args.get("grant_type") == "refresh_token"
    ]
    given = [one for one in outcomes if one not in ("Temporary", None)]
    assert len(renewals) == len(given) == row(grid).generation - 1
    assert tokens(grid)[0] == given[-1] if len(given) == 1 else tokens(grid)[0] in given


def test_a_click_whose_token_has_expired_is_answered_with_a_newer_one(grid: World) -> None:
    Browser(grid).install(invitation(grid))
    asked(grid)
    card = grid.card("patient_access")
    grid.click("Claim", card, by=BRUNO)
    expire(grid)

    grid.click("Close", grid.card("patient_access"), by=BRUNO)

    wait_until(lambda: grid.form(BRUNO), what="the window")
    assert row(grid).generation == 2


def test_a_card_whose_token_has_expired_is_posted_once(grid: World) -> None:
    Browser(grid).install(invitation(grid))
    expire(grid)

    asked(grid)

    assert len(grid.cards("patient_access")) == 1
    assert row(grid).generation == 2
    assert alerts(grid, "slack_cut_off") == 0


def test_a_pair_lost_between_slacks_answer_and_the_commit_is_told_hours_before_it_matters(grid: World) -> None:
    Browser(grid).install(invitation(grid))
    grid.slack.grants.renew(tokens(grid)[1] or "")  # a worker asked, and died before it kept the answer
    soon(grid, hours=3)

    processes.seal(grid.deps)
    grid.drain()

    assert alerts(grid, "slack_ends") == 1
    assert texted(grid, "Slack will end our access in a few hours")
    asked(grid)
    assert grid.card("patient_access").control("Claim") is not None  # the old token still works
    Browser(grid).install(invitation(grid))
    with grid.begin() as session:
        assert session.scalars(select(Case.state).where(Case.reason == "slack_ends")).all() == ["closed"]
    assert row(grid).refused is None


def test_an_answer_that_was_lost_on_its_way_is_not_taken_for_a_refusal_of_the_next(grid: World) -> None:
    Browser(grid).install(invitation(grid))
    grid.fault("slack", method="oauth.v2.access", drop="request")
    soon(grid, hours=3)

    processes.seal(grid.deps)
    grid.drain()
    with line(grid.theatre.database.superuser_url) as connection:
        connection.execute("UPDATE slack_installs SET lease_until = clock_timestamp()")
    grid.hurry()

    assert row(grid).generation == 2
    assert alerts(grid, "slack_ends") == 0


def test_a_late_answer_does_not_undo_a_new_install(grid: World) -> None:
    Browser(grid).install(invitation(grid))
    with grid.begin() as session:
        turn = slack_tokens.take(session, row(grid).id)
    assert turn is not None
    Browser(grid).install(invitation(grid))
    installed = tokens(grid)

    with grid.begin() as session:
        kept = slack_tokens.settle(session, turn, slack_tokens.Fresh("xoxe.late", "xoxe-late", 43_200))

    assert kept is False
    assert tokens(grid) == installed


def test_an_answer_lost_after_slack_gave_it_costs_the_pair_and_is_told_while_the_old_token_works(grid: World) -> None:
    Browser(grid).install(invitation(grid))
    grid.fault("slack", method="oauth.v2.access", drop="answer")
    soon(grid, hours=3)

    processes.seal(grid.deps)
    grid.drain()
    assert alerts(grid, "slack_ends") == 0  # it may have happened or not: nobody is told before it is known
    with line(grid.theatre.database.superuser_url) as connection:
        connection.execute("UPDATE slack_installs SET lease_until = clock_timestamp()")
    grid.hurry()

    assert alerts(grid, "slack_ends") == 1
    asked(grid)
    assert grid.card("patient_access").control("Claim") is not None


def test_a_wrong_client_secret_is_told_and_the_tokens_come_once_it_is_right(grid: World) -> None:
    Browser(grid).install(invitation(grid))
    grid.fault("slack", method="oauth.v2.access", error="bad_client_secret")
    soon(grid, hours=3)

    processes.seal(grid.deps)
    grid.drain()
    assert alerts(grid, "slack_ends") == 1
    grid.hurry()

    assert row(grid).generation == 2
    assert row(grid).refused is None


def test_what_slack_gave_outlives_a_hiccup_of_the_database(grid: World) -> None:
    Browser(grid).install(invitation(grid))
    before = tokens(grid)
    flaky = Flaky(grid.deps.db, fails=2)
    access = SlackAccess(cast("Database", flaky), grid.deps.settings)

    access.rotate(grid.org, row(grid).id)

    assert flaky.fails == 0
    assert tokens(grid) != before
    assert tokens(grid)[0] in grid.slack.grants.tokens


class Flaky:
    """A database whose connection is gone at the first commits after Slack was asked."""

    def __init__(self, db: Database, *, fails: int) -> None:
        self._db, self.fails, self._begun = db, fails, 0

    @contextmanager
    def begin(self, *, org: UUID) -> Iterator[Session]:
        self._begun += 1
        with self._db.begin(org=org) as session:
            yield session
            if self._begun > 1 and self.fails:
                self.fails -= 1
                raise OperationalError("COMMIT", {}, ConnectionError())


# the end


@pytest.mark.req("S124")
def test_an_app_removed_in_slack_ends_the_row_and_work_goes_on_by_the_page_until_it_is_back(grid: World) -> None:
    Browser(grid).install(invitation(grid))

    grid.act("slack/uninstall", place=grid.theatre.config.slack_team)
    grid.drain()

    one = row(grid)
    assert (one.ended_why, one.bot_token, one.refresh_token) == ("uninstalled", None, None)
    assert alerts(grid, "slack_cut_off") == 1
    assert texted(grid, "Slack has ended our access")
    asked(grid)
    assert grid.cards("patient_access") == []
    grid.text("story", "chest pain and I cannot breathe")
    grid.ticked(minutes=1)
    assert texted(grid, "Slack is down")

    Browser(grid).install(invitation(grid))
    grid.hurry()

    assert row(grid).ended_at is None
    assert row(grid).installs == 2
    assert grid.card("patient_access").control("Claim") is not None
    with grid.begin() as session:
        assert session.scalars(select(Case.state).where(Case.reason == "slack_cut_off")).all() == ["closed"]


def test_slacks_old_word_about_an_end_does_not_end_the_install_that_stands(grid: World) -> None:
    Browser(grid).install(invitation(grid))

    post(grid, event(grid, type="app_uninstalled"), JSON)
    grid.drain()

    assert row(grid).ended_at is None
    assert alerts(grid, "slack_cut_off") == 0


def test_a_token_taken_back_ends_the_row_and_a_colleagues_does_not(grid: World) -> None:
    Browser(grid).install(invitation(grid))
    users = event(grid, type="tokens_revoked", tokens={"oauth": ["U1"], "bot": []})
    post(grid, users, JSON)
    grid.drain()
    assert row(grid).ended_at is None

    httpx.post(
        f"{grid.theatre.config.url}/slack/api/auth.revoke",
        headers={"Authorization": f"Bearer {tokens(grid)[0]}"},
        trust_env=False,
    )
    grid.drain()

    assert row(grid).ended_why == "revoked"
    assert alerts(grid, "slack_cut_off") == 1


def test_the_second_end_of_a_day_is_told_too(grid: World) -> None:
    for _ in range(2):
        Browser(grid).install(invitation(grid))
        grid.act("slack/uninstall", place=grid.theatre.config.slack_team)
        grid.drain()

    assert alerts(grid, "slack_cut_off") == 2


# an Enterprise organisation


def test_an_org_wide_install_serves_each_workspace_that_is_said_to_be_the_clinics(grid: World) -> None:
    browser = Browser(grid)
    page = browser.get(browser.allow(browser.begin(invitation(grid)), place=ENTERPRISE))
    assert "organisation workspace T" in page.text
    other = grid.slack.of_place(OTHER)
    grid.theatre.vendors.run(Staff(other).command(BRUNO, NORTH, "/worklist", text=""))
    assert "not connected" in other.rooms.all[NORTH].messages[-1].text

    grid.operate(workspace_command, OTHER, "--enterprise", ENTERPRISE, "--yes")

    told = grid.theatre.vendors.run(Staff(other).command(BRUNO, NORTH, "/worklist", text=""))
    assert told["answer"]["blocks"]  # the same account in the whole organisation: on the staff list here too
    asked(grid)
    assert grid.card("patient_access").control("Claim") is not None
    assert (row(grid).place, row(grid).org_wide) == (ENTERPRISE, True)


def test_a_workspace_is_mapped_once_and_only_where_careloop_is_installed(grid: World) -> None:
    with pytest.raises(Exception, match="not installed in E0NOWHERE"):
        grid.operate(workspace_command, OTHER, "--enterprise", "E0NOWHERE", "--yes")


def test_an_org_wide_uninstall_cuts_off_every_workspace(grid: World) -> None:
    browser = Browser(grid)
    browser.get(browser.allow(browser.begin(invitation(grid)), place=ENTERPRISE))
    grid.operate(workspace_command, OTHER, "--enterprise", ENTERPRISE, "--yes")

    grid.act("slack/uninstall", place=ENTERPRISE)
    grid.drain()

    assert row(grid).ended_why == "uninstalled"
    with grid.begin() as session:
        assert all(session.scalars(select(SlackWorkspace.cut_at)).all())


def a_second_clinic(world: World) -> UUID:
    """Another organisation, with teams and an admin who has a phone; its workspace is the Enterprise organisation's second one."""
    hill = world.deps.db.found(
        name="Hillside", brand="Hillside", phone="555-0101", zone="America/Chicago", settings={"pilot": "off"}
    )
    with world.deps.db.begin(org=hill) as session:
        factories.all_teams(session)
    return hill


def test_two_clinics_share_an_enterprise_organisations_install_and_end_together(grid: World) -> None:
    ours = grid.org
    browser = Browser(grid)
    browser.get(browser.allow(browser.begin(invitation(grid)), place=ENTERPRISE))
    hill = a_second_clinic(grid)
    with grid.deps.db.begin(org=hill) as session:
        slack_installs.map_workspace(session, OTHER, enterprise=ENTERPRISE, actor="operator")
    access = grid.deps.vendors.slack_access

    held = access.held(hill)

    assert held is not None
    assert (held.owner, held.access.place) == (ours, ENTERPRISE)
    grid.deps.vendors.slack(hill).post(NORTH, Message("Hello", ()), metadata={"case_id": "cas_1"})
    assert grid.slack.of_place(OTHER).rooms.all[NORTH].messages[-1].text == "Hello"
    expire(grid)
    grid.deps.vendors.slack(hill).ping()  # renewed in the other organisation's row
    with grid.deps.db.begin(org=ours) as session:
        assert session.scalars(select(SlackInstall.generation)).one() == 2

    grid.act("slack/uninstall", place=ENTERPRISE)
    grid.drain()

    assert access.held(hill) is None
    for org in (ours, hill):
        with grid.deps.db.begin(org=org) as session:
            assert paging.slack_is_down(session)
            told = select(func.count()).where(Case.reason == "slack_cut_off")
            assert session.scalar(told) == 1
    grid.deps.vendors.forget("slack", hill)


def test_a_workspace_that_is_one_clinics_is_not_given_to_another(grid: World) -> None:
    browser = Browser(grid)
    browser.get(browser.allow(browser.begin(invitation(grid)), place=ENTERPRISE))
    grid.operate(workspace_command, OTHER, "--enterprise", ENTERPRISE, "--yes")
    hill = a_second_clinic(grid)

    with grid.deps.db.begin(org=hill) as session, pytest.raises(Refused, match="belongs to another organisation"):
        slack_installs.map_workspace(session, OTHER, enterprise=ENTERPRISE, actor="operator")


def test_the_operator_reads_how_slack_is_connected_and_never_a_token(grid: World) -> None:
    Browser(grid).install(invitation(grid))

    said = grid.operate(slack_command, "--json")

    assert '"live": true' in said
    assert "xox" not in said


# the admin's page


def signed_in(world: World, role: str) -> tuple[Browser, str]:
    """A browser in which somebody of this role is signed in, and the proof its forms carry."""
    browser = Browser(world)
    slack_id = next(one.id for one in world.clinic.staff if one.role == role)
    with world.begin() as session:
        who = staff.of_slack(session, world.theatre.config.slack_team, slack_id)
        secret = page_access.begin(session, who, way="link")
    browser.keep(shell.cookie_name(world.theatre.web.url), secret)
    return browser, shell.proof(secret)


def test_an_admin_makes_the_link_on_the_page_and_it_connects(grid: World) -> None:
    admin, proof = signed_in(grid, "admin")
    assert "/worklist/slack" in admin.get("/worklist").text
    page = admin.post("/worklist/slack/invite", proof=proof)
    found = re.search(r'href="[^"]*(/slack/install\?invite=[^"]+)"', page.text)
    assert found, page.text

    installed = Browser(grid).install(unescape(found[1]))

    assert installed.status_code == 200
    shown = admin.get("/worklist/slack").text
    assert "Connected since" in shown
    assert "xox" not in shown


@pytest.mark.parametrize("role", ["agent", "clinician", "manager"])
def test_nobody_but_an_admin_makes_links_or_removes_the_app(grid: World, role: str) -> None:
    Browser(grid).install(invitation(grid))
    browser, proof = signed_in(grid, role)

    answers = [
        browser.get("/worklist/slack"),
        browser.post("/worklist/slack/invite", proof=proof),
        browser.post("/worklist/slack/disconnect", proof=proof, sure="yes"),
    ]

    assert [one.status_code for one in answers] == [403, 403, 403]
    assert "/slack/install?invite" not in "".join(one.text for one in answers)
    assert "/worklist/slack" not in browser.get("/worklist").text
    assert row(grid).ended_at is None


def test_an_admin_removes_the_app_from_slack_after_saying_so_twice(grid: World) -> None:
    Browser(grid).install(invitation(grid))
    admin, proof = signed_in(grid, "admin")

    unsure = admin.post("/worklist/slack/disconnect", proof=proof)
    done = admin.post("/worklist/slack/disconnect", proof=proof, sure="yes")
    grid.drain()

    assert "tick the box" in unsure.text
    assert "is removed from Slack" in done.text
    assert row(grid).ended_why == "disconnected"
    assert alerts(grid, "slack_cut_off") == 1
    assert not grid.slack.grants.live(grid.theatre.config.slack_team)


def test_the_operator_makes_the_same_link(grid: World) -> None:
    would = grid.operate(invite_command)
    made = grid.operate(invite_command, "--yes")

    assert "Say --yes" in would
    found = re.search(r"/slack/install\?invite=\S+", made)
    assert found
    assert Browser(grid).install(found[0]).status_code == 200


def test_an_admin_makes_the_link_in_slacks_settings_too(grid: World) -> None:
    opened(grid, GRETA)
    assert "By the token in the organisation file" in shown(grid, GRETA)
    settings_row(grid, GRETA, "Slack")
    settings_row(grid, GRETA, "Connect it by a link")
    found = re.search(r"(/slack/install\?invite=[\w.-]+)", shown(grid, GRETA))
    assert found, shown(grid, GRETA)

    assert Browser(grid).install(unescape(found[1])).status_code == 200

    opened(grid, GRETA)
    assert "Connected since" in shown(grid, GRETA)
