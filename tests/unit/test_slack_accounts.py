"""Which of Slack's accounts can give somebody access."""

from typing import Any

import pytest

from bot.accounts import read

TEAM, OTHER, THIRD = "T0CLINIC", "T0OTHER", "T0THIRD"
PLAIN = {
    "id": "U1",
    "team_id": TEAM,
    "deleted": False,
    "profile": {"email": " Nora@Clinic.example", "real_name": "Nora"},
}


@pytest.mark.parametrize(
    ("change", "lost"),
    [
        ({}, None),
        ({"deleted": True}, "deactivated"),
        ({"is_restricted": True}, "guest"),
        ({"is_ultra_restricted": True, "is_restricted": True}, "guest"),
        ({"is_stranger": True}, "moved"),
        ({"team_id": OTHER}, "moved"),
        ({"team_id": "E0GRID", "enterprise_user": {"teams": [OTHER, TEAM]}}, None),
        ({"team_id": OTHER, "enterprise_user": {"teams": [OTHER, TEAM]}}, None),
        ({"team_id": OTHER, "enterprise_user": {"teams": [OTHER]}}, "moved"),
        ({"team_id": TEAM, "enterprise_user": {"teams": []}}, "moved"),
        ({"team_id": None, "deleted": None}, None),
    ],
)
def test_only_a_member_of_this_workspace_in_good_standing_gives_access(
    change: dict[str, Any], lost: str | None
) -> None:
    account = read(PLAIN | change, {TEAM})

    assert account is not None
    assert account.lost == lost


def test_an_account_of_any_workspace_of_the_organisation_counts() -> None:
    account = read(PLAIN | {"enterprise_user": {"teams": [THIRD]}}, {TEAM, THIRD})

    assert account is not None
    assert account.lost is None


def test_the_email_is_read_as_people_write_it_and_neither_it_nor_the_name_shows_in_a_log() -> None:
    account = read(PLAIN, {TEAM})

    assert account is not None
    assert account.email == "nora@clinic.example"
    assert "ora" not in repr(account)


@pytest.mark.parametrize("user", [None, {}, {"id": 7}, {"id": ""}])
def test_what_is_no_account_is_none(user: Any) -> None:
    assert read(user, {TEAM}) is None


def test_bots_are_known_for_what_they_are() -> None:
    for user in ({"id": "U2", "is_bot": True}, {"id": "USLACKBOT"}, {"id": "U3", "profile": "odd"}):
        account = read(user, {TEAM})
        assert account is not None
        assert account.bot is (user["id"] != "U3")
