"""The composition root: settings from the environment, dependencies from settings, one command each for what Careloop does."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.errors import CareloopError, Misconfigured
from handlers.cli import organisation_slack
from handlers.cli.commands import discover
from handlers.cli.root import Root

if TYPE_CHECKING:
    from core.settings import Settings
    from handlers.deps import Deps
    from storage.db import Database

HERE = Path(__file__).resolve().parent
LANES = ("safety", "replies", "actions", "delivery", "bulk", "reports")


def settings(*needed: str) -> Settings:
    """The environment, read once; a missing setting this command needs is named."""
    from core.settings import Settings

    found = Settings()
    found.need(*needed)
    return found


def database(found: Settings, **options: Any) -> Database:
    """The app's database, refused when its role is too powerful or its clock is a demo's."""
    from core.crypto import KeyRing
    from storage.db import Database

    db = Database(found.secret("DATABASE_URL"), KeyRing.parse(found.secret("SECRET_KEYS")), **options)
    db.refuse_powerful_role()
    if not found.careloop_demo:
        db.refuse_moved_clock()
    return db


def compose(process: str, *, answers: bool = False) -> Deps:
    """Everything web, worker and clock work with; `answers`: somebody waits for what this process does, and need not for its bells."""
    from redis import Redis

    from core import log
    from handlers.bells import Bells, Ringer
    from handlers.deps import Deps
    from handlers.pacer import Pacer
    from handlers.vendors import Vendors

    found = settings("DATABASE_URL", "REDIS_URL", "SECRET_KEYS", "PUBLIC_BASE_URL", "SLACK_API_BASE_URL")
    log.configure(process, level=found.log_level)
    redis = Redis.from_url(found.secret("REDIS_URL"), socket_timeout=20, socket_connect_timeout=2)
    bells = Bells(redis)
    ring = Ringer(bells).ring if answers else bells.ring
    db = database(found, after_commit=ring, origin=found.public_origin)
    pacer = Pacer(
        redis, segments_per_second=found.twilio_segments_per_second, posts_per_second=found.slack_posts_per_second
    )
    return Deps(settings=found, db=db, redis=redis, bells=bells, pacer=pacer, vendors=Vendors(db, found))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Careloop: patient outreach and follow-up, run from Slack."""


@cli.command()
def web() -> None:
    """Serve Slack, Twilio and EHR webhooks and the signed-in pages."""
    deps = compose("web", answers=True)
    deps.settings.need("SLACK_SIGNING_SECRET")
    from handlers import processes

    processes.web(deps)


@cli.command()
def socket() -> None:
    """Keep Slack's Socket Mode line open, where Slack cannot reach this installation; the pages and Twilio still need `web`."""
    deps = compose("socket", answers=True)
    deps.settings.need("SLACK_APP_TOKEN")
    from handlers import socket_mode

    socket_mode.serve(deps)


@cli.command()
@click.option(
    "--lanes",
    default=",".join(LANES),
    show_default=True,
    help="Which lanes to serve, separated by commas; one named twice gets two workers.",
)
def worker(lanes: str) -> None:
    """Advance programs and carry out promised effects: one child process a lane."""
    wanted = [lane.strip() for lane in lanes.split(",") if lane.strip()]
    unknown = sorted(set(wanted) - set(LANES))
    if unknown or not wanted:
        raise click.UsageError(f"there is no lane {', '.join(unknown) or '(none named)'}; lanes are {', '.join(LANES)}")
    deps = compose(f"worker.{wanted[0]}" if len(wanted) == 1 else "worker")
    from handlers import lanes as served
    from storage.outbox import Lane

    if len(wanted) == 1:
        served.work_one(deps, Lane(wanted[0]))
    else:
        deps.db.dispose()
        served.work_all([Lane(lane) for lane in wanted], compose)


@cli.command()
def clock() -> None:
    """Ring the doorbell of every lane with something due, each second; seal the audit; ask for EHR polls."""
    deps = compose("clock")
    from handlers import processes

    processes.tick_forever(deps)


@cli.command()
def migrate() -> None:
    """Bring the database to this version's schema, as its owner."""
    from alembic import command
    from alembic.config import Config
    from sqlalchemy.engine import make_url

    found = settings("DATABASE_OWNER_URL", "DATABASE_URL")
    config = Config(str(HERE / "alembic.ini"))
    config.set_main_option("script_location", str(HERE / "migrations"))
    config.attributes["owner_url"] = found.secret("DATABASE_OWNER_URL")
    config.attributes["app_role"] = make_url(found.secret("DATABASE_URL")).username
    command.upgrade(config, "head")
    click.echo("The database is up to date.")


@cli.command()
@click.option("--socket", "socket_mode", is_flag=True, help="For Slack's Socket Mode: no public address needed.")
@click.option(
    "--oauth", is_flag=True, help="To be installed by a link (organisation invite), with tokens that are renewed."
)
@click.option("--org-wide", is_flag=True, help="With --oauth: for whole Enterprise organisations too.")
def manifest(socket_mode: bool, oauth: bool, org_wide: bool) -> None:
    """Print the Slack app manifest, to paste into api.slack.com."""
    import os

    from bot.manifest import manifest as made

    if org_wide and not oauth:
        raise click.UsageError("--org-wide needs --oauth: an Enterprise organisation is connected by a link")
    where = os.environ.get("PUBLIC_BASE_URL", "https://careloop.example")
    click.echo(json.dumps(made(where, socket_mode=socket_mode, oauth=oauth, org_wide=org_wide), indent=2))


@cli.command()
@click.argument("enrollment", required=False)
@click.option("--patient", help="All enrollments of the patient with this EHR id; - reads ids from standard input.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line; with --patient - one array a line read.")
def why(enrollment: str | None, patient: str | None, as_json: bool) -> None:
    """Tell what happened in one enrollment, in order: triggers, decisions with their rules, messages, readings, cases, writes."""
    if (enrollment is None) == (patient is None):
        raise click.UsageError("name an enrollment (enr_…) or a patient (--patient)")
    if patient == "-" and not as_json:
        raise click.UsageError("ids on standard input are answered in JSON: add --json")
    from handlers.cli import why as story

    db = database(settings("DATABASE_URL", "SECRET_KEYS"))
    if patient == "-":
        for line in story.answer(db, sys.stdin):
            click.echo(line)
        return
    stories = story.tell(db, enrollment=enrollment, patient=patient)
    for line in [json.dumps(one, ensure_ascii=False) for one in stories] if as_json else story.lines(stories):
        click.echo(line)


@cli.group()
def organisation() -> None:
    """Organisations: clinics and their teams, staff and connections."""


@organisation.command("apply")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def apply_organisation(path: Path) -> None:
    """Create an organisation, or bring it up to what the JSON file says."""
    from core.ids import show
    from handlers.cli import organisation as made

    click.echo(show("org", made.apply(database(settings("DATABASE_URL", "SECRET_KEYS")), path)))


for _more in organisation_slack.COMMANDS:
    organisation.add_command(_more)


@cli.group()
def audit() -> None:
    """The audit log."""


@audit.command("verify")
def verify_audit() -> None:
    """Recompute the hash chain of every organisation; exit 1 at the first row that was changed."""
    from core.ids import show
    from storage import audit as chain

    db = database(settings("DATABASE_URL", "SECRET_KEYS"))
    broken = False
    for org in db.orgs():
        with db.begin(org=org) as session:
            count, fault = chain.verify(session)
        broken = broken or fault is not None
        click.echo(f"{show('org', org)}: {fault or f'{count} rows verified'}")
    if broken:
        sys.exit(1)


@cli.command()
@click.option("--headless", is_flag=True, help="Play the whole story over HTTP, check it, and end.")
@click.option("--reset", is_flag=True, help="Forget everything from earlier runs first.")
@click.option(
    "--with-history",
    is_flag=True,
    help="With 26 weeks behind it, played through the real services; takes minutes, once.",
)
@click.option("--port", default=8700, show_default=True, help="The page's port; Careloop itself takes the next one.")
@click.option("--state", type=click.Path(file_okay=False, path_type=Path), default=None, help="Where to keep the data.")
def demo(*, headless: bool, reset: bool, with_history: bool, port: int, state: Path | None) -> None:
    """Run all of Careloop on this machine with a synthetic clinic, local Slack, phones and EHR, and a clock you can move."""
    from sandbox import demo as stage

    sys.exit(stage.run(HERE, headless=headless, reset=reset, past=with_history, port=port, state=state))


@cli.command(hidden=True)
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def history(path: Path) -> None:
    """Play what is behind a demo, and move its clock through it (started by `demo --with-history`)."""
    from handlers import history as played
    from sandbox.clock import DemoClock

    found = settings("DATABASE_URL", "DATABASE_OWNER_URL", "SECRET_KEYS", "PUBLIC_BASE_URL")
    if not found.careloop_demo:
        raise Misconfigured("time is moved in a demo only", fix="Run `app.py demo --with-history`.")
    script = played.Script.read(path.read_text("utf-8"))
    db = database(found, origin=found.public_origin)
    (org,) = db.orgs()
    with DemoClock(found.secret("DATABASE_OWNER_URL"), zone=script.zone).driven() as move:
        visits = played.play(db, org, script, move=move, say=click.echo)
    path.with_name("past.json").write_text(
        json.dumps({"Patient": list(script.patients), "Appointment": visits}), "utf-8"
    )


@cli.command(hidden=True)
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def sandbox(path: Path) -> None:
    """Serve the local vendors and the page (started by `demo`)."""
    from sandbox import app as local

    local.serve(path)


for _command in discover():
    cli.add_command(_command)


def main() -> None:
    """Run a command: exit 0 done, 1 failed with a sentence, 2 wrong usage."""
    try:
        cli(standalone_mode=False, obj=Root(settings, database))
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.Abort:
        sys.exit(130)
    except Misconfigured as error:
        click.echo(f"{error.what}. {error.fix}", err=True)
        sys.exit(1)
    except CareloopError as error:
        click.echo(getattr(error, "say", str(error)), err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
