"""A user object of Slack's (users.info, users.list, the user_change event) read into what matters here."""

from collections.abc import Collection, Mapping
from typing import Any

from workflows.accounts import DEACTIVATED, GUEST, MOVED, Account


def read(user: Mapping[str, Any] | None, teams: Collection[str]) -> Account | None:
    """The account as seen from these workspaces; None for what is no user object."""
    if user is None:
        return None
    account_id = user.get("id")
    if not isinstance(account_id, str) or not account_id:
        return None
    profile = user.get("profile")
    known: Mapping[str, Any] = profile if isinstance(profile, Mapping) else {}
    name = str(known.get("real_name") or user.get("real_name") or user.get("name") or "")
    return Account(
        id=account_id,
        email=str(known.get("email") or "").strip().lower(),
        name=name.strip(),
        lost=_lost(user, teams),
        bot=bool(user.get("is_bot")) or account_id == "USLACKBOT",
    )


def _lost(user: Mapping[str, Any], teams: Collection[str]) -> str | None:
    if user.get("deleted"):
        return DEACTIVATED
    if user.get("is_restricted") or user.get("is_ultra_restricted"):
        return GUEST
    return MOVED if user.get("is_stranger") or not _here(user, teams) else None


def _here(user: Mapping[str, Any], ours: Collection[str]) -> bool:
    """On an Enterprise organisation an account may be in several workspaces: its home is then not what counts."""
    grid = user.get("enterprise_user")
    teams = grid.get("teams") if isinstance(grid, Mapping) else None
    if isinstance(teams, list):
        return not set(ours).isdisjoint(teams)
    home = user.get("team_id")
    return not isinstance(home, str) or not home.startswith("T") or home in ours
