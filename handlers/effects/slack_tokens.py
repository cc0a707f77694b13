"""Slack's tokens: renewed hours before they end, and looked at when Slack says that they ended."""

from uuid import UUID

from core import log
from core.errors import Permanent
from handlers.deps import Deps
from storage.outbox import Leased
from workflows import slack_installs

WHY = {"account_inactive": "uninstalled", "token_revoked": "revoked"}


def rotate(deps: Deps, org: UUID, row: Leased) -> None:
    """Newer tokens for one install. What Slack refuses for good was told to an admin: there is nothing to do again."""
    if deps.vendors.slack_access.rotate(org, UUID(row.key)) is not None:
        deps.vendors.forget("slack", org)


def check(deps: Deps, org: UUID, row: Leased) -> None:
    """Ask Slack about a token that it is said to have ended; when it has, the install is over and everybody it served goes by the page."""
    access = deps.vendors.slack_access
    with deps.db.begin(org=org) as session:
        place = slack_installs.place_of(session, UUID(row.key))
        held = slack_installs.access(session, place) if place else None
    if held is None:
        return
    word = access.alive(held.token)
    if word == "token_expired" and access.rotate(org, held.id) is not None:
        word = ""
    if not word:
        log.get().info("slack.still_connected", org=org)
        return
    if word not in slack_installs.ENDS:
        raise Permanent(f"auth.test: {word}", code=word)
    end(deps, org, held.place, why=WHY.get(word, "revoked"), token=held.token)


def end(deps: Deps, owner: UUID, place: str, *, why: str, token: str | None = None, actor: str = "system") -> None:
    """The install is over; each organisation that it served is cut off, once."""
    with deps.db.begin(org=owner) as session:
        if not slack_installs.end(session, place, why=why, actor=actor, token=token):
            return
        slack_installs.cut(session)
    log.get().error("slack.install_ended", org=owner, reason=why)
    deps.vendors.forget("slack", owner)
    for org in deps.db.orgs():
        with deps.db.begin(org=org) as session:
            served = org != owner and slack_installs.reached_by(session, place)
            if served:
                slack_installs.cut(session, enterprise=place)
        if served:
            deps.vendors.forget("slack", org)
