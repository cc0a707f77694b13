"""One-time links and sessions of the signed-in page."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text, update

from core import clock
from core.errors import Refused
from storage.tables import PageLink, PageSession, Staff
from tests.business_clock import reset, set_business_time
from tests.databases import Database
from tests.factories import MONDAY_NOON
from tests.page_scene import Scene, set_up
from workflows import page_access, staff
from workflows.page_access import SignedOut
from workflows.roles import Role


@pytest.fixture
def scene(clean_database: Database) -> Scene:
    return set_up(clean_database)


def signed_in(scene: Scene, name: str = "Dana") -> str:
    token = scene.link(name)
    with scene.db.begin(org=scene.org) as session:
        return page_access.use_link(session, token)[2]


def name_of(scene: Scene, secret: str) -> str:
    with scene.db.begin(org=scene.org) as session:
        return page_access.session_who(session, secret).name


def age_session(scene: Scene, *, idle: timedelta, begun: str) -> None:
    with scene.db.begin(org=scene.org) as session:
        session.execute(
            text(
                "UPDATE page_sessions SET expires_at = clock_timestamp() + :left, id = uuidv7(CAST(:begun AS interval))"
            ),
            {"left": page_access.IDLE_FOR - idle, "begun": f"{begun} ago"},
        )


def test_a_link_opens_its_case_as_the_person_it_was_made_for(scene: Scene) -> None:
    token = scene.link("Dana")

    with scene.db.begin(org=scene.org) as session:
        who, case_id, secret = page_access.use_link(session, token)

    assert (who.name, case_id) == ("Dana", scene.case_id)
    assert name_of(scene, secret) == "Dana"


def test_the_token_names_its_organisation_and_is_not_kept(scene: Scene) -> None:
    token = scene.link("Dana")

    with scene.db.begin(org=scene.org) as session:
        kept = session.scalar(text("SELECT token_hash FROM page_links"))

    assert page_access.org_of_token(token) == scene.org
    assert token.encode() not in kept


def test_looking_at_a_link_does_not_use_it(scene: Scene) -> None:
    token = scene.link("Dana")
    with scene.db.begin(org=scene.org) as session:
        page_access.look_at_link(session, token)
        page_access.look_at_link(session, token)

    with scene.db.begin(org=scene.org) as session:
        who, _, _ = page_access.use_link(session, token)

    assert who.name == "Dana"


def test_a_link_works_once(scene: Scene) -> None:
    token = scene.link("Dana")
    with scene.db.begin(org=scene.org) as session:
        page_access.use_link(session, token)

    with pytest.raises(Refused, match="used already"), scene.db.begin(org=scene.org) as session:
        page_access.use_link(session, token)


def test_of_eight_uses_at_once_one_gets_in(scene: Scene) -> None:
    token = scene.link("Dana")

    def use(_: int) -> bool:
        try:
            with scene.db.begin(org=scene.org) as session:
                page_access.use_link(session, token)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        came_in = list(pool.map(use, range(8)))

    assert sum(came_in) == 1


def test_a_link_is_dead_after_five_minutes_of_machine_time(scene: Scene) -> None:
    token = scene.link("Dana")
    with scene.db.begin(org=scene.org) as session:
        session.execute(update(PageLink).values(expires_at=clock.machine()))

    with pytest.raises(Refused, match="older than 5 minutes"), scene.db.begin(org=scene.org) as session:
        page_access.use_link(session, token)


def test_a_jump_of_business_time_ends_no_link(scene: Scene, database_urls: Database) -> None:
    token = scene.link("Dana")
    set_business_time(database_urls.owner_url, MONDAY_NOON + timedelta(days=30))
    try:
        with scene.db.begin(org=scene.org) as session:
            who, _, _ = page_access.use_link(session, token)
    finally:
        reset(database_urls.owner_url)

    assert who.name == "Dana"


@pytest.mark.parametrize("token", ["", ".", "x", "\0", "ü" * 26 + "." + "a" * 43, "z" * 26 + "." + "a" * 43])
def test_what_is_no_token_is_refused_in_a_sentence(token: str) -> None:
    with pytest.raises(Refused, match="not one of ours"):
        page_access.org_of_token(token)


def test_a_link_of_another_organisation_is_refused(scene: Scene) -> None:
    token = scene.link("Dana")
    other = scene.db.found(name="Other", brand="Other", phone="555-0199", zone="America/Chicago")

    with pytest.raises(Refused, match="not one of ours"), scene.db.begin(org=other) as session:
        page_access.use_link(session, token)


def test_somebody_who_left_cannot_use_a_link(scene: Scene) -> None:
    token = scene.link("Dana")
    with scene.db.begin(org=scene.org) as session:
        session.execute(update(Staff).where(Staff.name == "Dana").values(active=False))

    with pytest.raises(Refused, match="no longer active"), scene.db.begin(org=scene.org) as session:
        page_access.use_link(session, token)


def test_a_session_reads_the_role_again_each_time(scene: Scene) -> None:
    secret = signed_in(scene)
    with scene.db.begin(org=scene.org) as session:
        session.execute(update(Staff).where(Staff.name == "Dana").values(role="viewer"))

    with scene.db.begin(org=scene.org) as session:
        who = page_access.session_who(session, secret)

    assert who.role is Role.VIEWER


def test_use_keeps_a_session_alive(scene: Scene) -> None:
    secret = signed_in(scene)
    age_session(scene, idle=timedelta(minutes=29), begun="2 hours")
    name_of(scene, secret)

    with scene.db.begin(org=scene.org) as session:
        left = session.scalar(text("SELECT expires_at - clock_timestamp() FROM page_sessions"))

    assert timedelta(minutes=29) < left <= timedelta(minutes=30)


def test_thirty_idle_minutes_end_a_session(scene: Scene) -> None:
    secret = signed_in(scene)
    age_session(scene, idle=timedelta(minutes=30, seconds=1), begun="31 minutes")

    with pytest.raises(SignedOut, match="signed out"):
        name_of(scene, secret)


def test_no_use_stretches_a_session_past_eight_hours(scene: Scene) -> None:
    secret = signed_in(scene)
    age_session(scene, idle=timedelta(0), begun="7 hours 50 minutes")
    name_of(scene, secret)

    with scene.db.begin(org=scene.org) as session:
        left = session.scalar(text("SELECT expires_at - clock_timestamp() FROM page_sessions"))

    assert left <= timedelta(minutes=10)


def test_a_session_older_than_eight_hours_is_over(scene: Scene) -> None:
    secret = signed_in(scene)
    age_session(scene, idle=timedelta(0), begun="8 hours 1 second")

    with pytest.raises(SignedOut):
        name_of(scene, secret)


def test_signing_out_ends_the_session_for_good(scene: Scene) -> None:
    secret = signed_in(scene)
    with scene.db.begin(org=scene.org) as session:
        page_access.sign_out(session, secret)
        page_access.sign_out(session, secret)

    with pytest.raises(SignedOut):
        name_of(scene, secret)


def test_signing_in_clears_away_dead_sessions_of_the_same_person(scene: Scene) -> None:
    signed_in(scene)
    age_session(scene, idle=timedelta(days=2), begun="3 days")

    signed_in(scene)

    with scene.db.begin(org=scene.org) as session:
        assert session.query(PageSession).count() == 1
        assert staff.of_id(session, scene.staff["Dana"]).name == "Dana"
