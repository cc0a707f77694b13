"""A manager raises a cap for one program: recorded with who, why and until, and over by itself."""

from datetime import timedelta
from uuid import UUID

import pytest

from core.errors import Refused
from storage.db import now
from tests import factories
from tests.service.desk import Desk
from workflows import caps, staff
from workflows.staff import Who


def a_person(desk: Desk, role: str) -> Who:
    with desk.begin() as session:
        return staff.of_id(session, factories.a_member_of_staff(session, role=role, slack_id=f"U0{role}").id)


def raise_it(desk: Desk, by: Who, *, most: int = 5, days: int = 7, reason: str = "flu clinic this Saturday") -> None:
    with desk.begin() as session:
        until = now(session) + timedelta(days=days)
        caps.raise_cap(session, "no_show", cap="week", most=most, until=until, reason=reason, by=by)


def raised(desk: Desk) -> dict[UUID, dict[str, int]]:
    with desk.begin() as session:
        return caps.raised(session)


def test_a_raised_cap_holds_until_its_day(desk: Desk) -> None:
    manager = a_person(desk, "manager")
    raise_it(desk, manager)

    assert list(raised(desk).values()) == [{"week": 5}]
    desk.at(factories.MONDAY_NOON + timedelta(days=8))
    assert raised(desk) == {}


def test_an_agent_may_not_raise_a_cap(desk: Desk) -> None:
    with pytest.raises(Refused):
        raise_it(desk, a_person(desk, "agent"))


@pytest.mark.parametrize("wrong", [{"most": 8}, {"days": 40}, {"reason": " "}])
def test_a_cap_is_not_raised_without_bounds_or_reason(desk: Desk, wrong: dict[str, object]) -> None:
    with pytest.raises(Refused):
        raise_it(desk, a_person(desk, "manager"), **wrong)  # type: ignore[arg-type]
