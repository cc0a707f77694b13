"""`organisation invite|workspace|slack`: who may connect which Slack workspace to an organisation, by whoever runs this installation."""

from __future__ import annotations

import json
import re

import click

from handlers.cli.root import Root

TEAM = re.compile(r"T[A-Z0-9]{2,30}")
ENTERPRISE = re.compile(r"E[A-Z0-9]{2,30}")
ACTOR = "operator"


@click.command("invite")
@click.option("--org", "shown", help="Which organisation, when there are several.")
@click.option("--yes", is_flag=True, help="Do it; without this, only say what would happen.")
@click.pass_obj
def invite(root: Root, shown: str | None, *, yes: bool) -> None:
    """Print a link that connects one Slack workspace (or Enterprise organisation) to an organisation, once, within 3 days."""
    from urllib.parse import quote

    from workflows import install_invitations

    found = root.settings("DATABASE_URL", "SECRET_KEYS", "PUBLIC_BASE_URL", "SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET")
    if not yes:
        click.echo(
            "A link would be made with which anybody who may install apps in a workspace can connect it. Say --yes to make it."
        )
        return
    db = root.database(found)
    with db.begin(org=root.org(db, shown)) as session:
        token = install_invitations.invite(session, actor=ACTOR)
    click.echo(f"{found.public_origin}/slack/install?invite={quote(token)}")
    click.echo("This link is shown once. Hand it to the person who installs the app.", err=True)


@click.command("workspace")
@click.argument("team")
@click.option("--enterprise", required=True, help="The Enterprise organisation that Careloop is installed in: E…")
@click.option("--org", "shown", help="Which organisation, when there are several.")
@click.option("--yes", is_flag=True, help="Do it; without this, only say what would happen.")
@click.pass_obj
def workspace(root: Root, team: str, enterprise: str, *, shown: str | None, yes: bool) -> None:
    """Say that a workspace (T…) of an Enterprise organisation is this organisation's. It cannot be given to another one afterwards."""
    from core.errors import Refused
    from workflows import slack_installs

    if not TEAM.fullmatch(team) or not ENTERPRISE.fullmatch(enterprise):
        raise click.UsageError("a workspace is T… and an Enterprise organisation E…, as Slack's addresses show them")
    db = root.db()
    if db.route(slack_installs.ENTERPRISE, enterprise) is None:
        raise Refused(f"Careloop is not installed in {enterprise}. Nothing was changed. Install it there first.")
    if not yes:
        click.echo(f"{team} would be this organisation's for good. Say --yes to do it.")
        return
    with db.begin(org=root.org(db, shown)) as session:
        slack_installs.map_workspace(session, team, enterprise=enterprise, actor=ACTOR)
    click.echo(f"{team} is this organisation's.")


@click.command("slack")
@click.option("--org", "shown", help="Which organisation, when there are several.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def slack(root: Root, shown: str | None, *, as_json: bool) -> None:
    """How an organisation's Slack is connected; never a token."""
    from workflows import slack_installs, surroundings

    db = root.db()
    with db.begin(org=root.org(db, shown)) as session:
        zone = surroundings.organisation_of(session).zone
        rows = [slack_installs.describe(one, zone) for one in slack_installs.listed(session)]
    for row in rows:
        click.echo(json.dumps(row, ensure_ascii=False) if as_json else f"{row['place']}  {row['name']}  {row['state']}")


COMMANDS = (invite, workspace, slack)
