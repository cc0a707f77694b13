"""Who a click is by: the statement that opens its transaction finds the same person as `of_slack`, whatever their access is."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from core.errors import Refused
from storage.db import Database, now
from storage.tables import Staff, StaffIdentity
from tests import factories
from workflows import staff

HERE, ME = factories.WORKSPACE, "U0AGENT"


def no_change(_: Session) -> None:
    """As the factory leaves them."""


def inactive(session: Session) -> None:
    session.execute(update(Staff).values(active=False, left_why="deactivated"))


def lost(session: Session) -> None:
    session.execute(update(StaffIdentity).values(lost="guest"))


def at(db: Database, org: UUID, workspace: str, account: str, *, ticket: str = "1.1") -> tuple[Any, Any]:
    """(what a click finds, what `of_slack` finds)."""
    asked = {"workspace": workspace, "account": account, "source": "slack.interaction", "ticket": ticket}
    with db.begin(org=org, how=staff.CLICK, **asked) as session:
        quick = said(lambda: staff.clicker(session, workspace, account)[0])
        assert now(session).tzinfo is not None
    with db.begin(org=org) as session:
        slow = said(lambda: staff.of_slack(session, workspace, account))
    return quick, slow


def said(ask: Callable[[], object]) -> object:
    try:
        return ask()
    except Refused as refusal:
        return type(refusal), refusal.say


@pytest.mark.parametrize("change", [no_change, inactive, lost])
@pytest.mark.parametrize(("workspace", "account"), [(HERE, ME), (HERE, "U0NOBODY"), ("T0OTHER", ME), ("", "")])
def test_a_click_finds_whom_of_slack_finds(
    db: Database, org: UUID, change: Callable[[Session], None], workspace: str, account: str
) -> None:
    with db.begin(org=org) as session:
        factories.a_member_of_staff(session, team=factories.a_team(session))
        change(session)

    quick, slow = at(db, org, workspace, account)

    assert quick == slow
    assert isinstance(quick, staff.Who) is (change is no_change and (workspace, account) == (HERE, ME))


def test_a_person_is_found_by_no_click_of_another_organisation(db: Database, org: UUID) -> None:
    other = factories.an_organisation(db)
    with db.begin(org=org) as session:
        factories.a_member_of_staff(session)

    quick, _ = at(db, other, HERE, ME)

    assert quick == (staff.Stranger, staff.STRANGER)


def test_a_ticket_is_fresh_once_for_each_organisation(db: Database, org: UUID) -> None:
    with db.begin(org=org) as session:
        factories.a_member_of_staff(session)
    asked = {"workspace": HERE, "account": ME, "source": "slack.interaction", "ticket": "1.1"}

    fresh = []
    for _ in range(2):
        with db.begin(org=org, how=staff.CLICK, **asked) as session:
            fresh.append(staff.clicker(session, HERE, ME)[1])

    assert fresh == [True, False]
