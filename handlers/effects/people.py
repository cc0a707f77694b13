"""Reading Slack's accounts and user groups: a page, an account or a group a promise, at Slack's pace."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from bot import accounts as reading
from core import log
from core.errors import Temporary
from handlers.deps import Deps
from storage.outbox import Leased
from workflows import accounts, user_groups

AGAIN_S = 30.0
"""Whoever has to lose access does not wait for the hour that other effects end up waiting."""
AT_ONCE = 20
"""Accounts looked up for one reading of a group; the rest follows."""


def sweep(deps: Deps, org: UUID, row: Leased) -> None:
    """Read the next page of a workspace's accounts; nothing when the sweep is through."""
    with deps.db.begin(org=org) as session:
        found = accounts.next_page(session, row.key)
        if found is None:
            return
        sweep, team, cursor = found
        session.expunge(sweep)
        teams = accounts.workspaces(session)[row.key]
    with _soon():
        users, cursor = deps.vendors.slack(org).users(team, cursor=cursor)
    page = [account for user in users if (account := reading.read(user, teams))]
    with deps.db.begin(org=org) as session:
        accounts.swept(session, sweep, page, after=accounts.after_page(session, sweep.workspace, team, cursor=cursor))


def look(deps: Deps, org: UUID, row: Leased) -> None:
    """Ask for one account of ours that the listing did not name."""
    workspace, _, user = row.key.partition(":")
    found = deps.vendors.slack(org).user(user)
    with deps.db.begin(org=org) as session:
        account = reading.read(found, accounts.workspaces(session).get(workspace, [workspace]))
        if account is None:
            accounts.gone(session, workspace, user)
        else:
            accounts.seen(session, workspace, account)


def find(deps: Deps, org: UUID, row: Leased) -> None:
    """Look up the account of a member of staff by e-mail."""
    staff_id = UUID(row.key)
    with deps.db.begin(org=org) as session:
        email = accounts.email_of(session, staff_id)
        places = accounts.workspaces(session)
    if email is None or not places:
        return
    user = deps.vendors.slack(org).user_by_email(email)
    with deps.db.begin(org=org) as session:
        workspace, teams = next(iter(places.items()))
        account = reading.read(user, teams)
        if account is None or accounts.bind(session, workspace, account) is None:
            accounts.not_found(session, staff_id, email)
        user_groups.promise_all(session)


def group(deps: Deps, org: UUID, row: Leased) -> None:
    """Read who is in a user group, and give or take what it gives."""
    group_id, slack = row.key, deps.vendors.slack(org)
    with deps.db.begin(org=org) as session:
        places = accounts.workspaces(session)
        if group_id not in user_groups.mapped(session) or not places:
            return
    workspace, teams = next(iter(places.items()))
    with _soon():
        users = next((found for team in teams if (found := slack.group(group_id, team=team)) is not None), None)
    if users is None:
        log.get().warning("group.gone", topic=row.topic.value, outbox=row.id)
        users = []
    with deps.db.begin(org=org) as session:
        new = user_groups.strangers(session, workspace, users)
    looked_up = [slack.user(user) for user in new[:AT_ONCE]]
    with deps.db.begin(org=org) as session:
        for user in looked_up:
            if account := reading.read(user, teams):
                accounts.admit(session, workspace, account)
        user_groups.members(session, group_id, users)
    if len(new) > AT_ONCE:
        raise Temporary("more members are to be looked up", retry_after_s=AGAIN_S / 2)


@contextmanager
def _soon() -> Iterator[None]:
    """Whatever does not succeed for a reason that passes is tried again in half a minute."""
    try:
        yield
    except Temporary as error:
        if error.retry_after_s is not None:
            raise
        raise Temporary(str(error), retry_after_s=AGAIN_S, silent=error.silent) from error
