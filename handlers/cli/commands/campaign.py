"""`app.py campaign`: what `/recall` does, from a terminal: preview, approve, launch, pause, resume, stop, status."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from handlers.cli.root import Root
    from storage.tables import Campaign
    from workflows.staff import Who

BY = click.option(
    "--by", "email", required=True, help="The manager who does it, by e-mail: it is audited in that name."
)
YES = click.option("--yes", is_flag=True, help="Do it; without this, only show what would happen.")
ORG = click.option("--org", "shown", help="The organisation (org_…), where there are several.")
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON line on standard output.")
WHY = click.option("--reason", required=True, help="Why, in words: it is audited.")


@click.group("campaign")
def COMMAND() -> None:  # noqa: N802 - what `discover` looks for
    """Campaigns: a program launched once over a cohort."""


@COMMAND.command("preview")
@click.option("--program", required=True, help="A program that cohorts can start, by its code.")
@click.option("--cohort", required=True, help="A cohort by its code; `app.py cohort list` names them.")
@click.option("--reason", required=True, help="Why now, in words.")
@click.option("--population", required=True, help="Who they are, in words.")
@click.option(
    "--holdout",
    type=click.FloatRange(0, 0.5),
    default=0.0,
    help="Share that is not contacted, to compare (0.1 = 10 %).",
)
@click.option(
    "--wording", type=int, multiple=True, help="A published version; several are an A/B test. Default: the live one."
)
@click.option("--repeat-days", type=int, help="Again every so many days, for the newly eligible.")
@click.option(
    "--re-entry-days", type=int, default=90, help="Who was in the program so lately is left out (default 90)."
)
@BY
@ORG
@JSON
@YES
@click.pass_obj
def preview(root: Root, /, *, email: str, shown: str | None, as_json: bool, yes: bool, **asked: Any) -> None:
    """Count who would be contacted, who not and why, what it costs and how long it takes. Kept only with --yes."""
    from workflows import campaigns, cohorts
    from workflows.campaigns import recurring

    def act(session: Session, who: Who) -> Campaign:
        draft = campaigns.Draft(
            program=asked["program"], cohort_id=cohorts.by_code(session, asked["cohort"]).id, reason=asked["reason"],
            population=asked["population"], holdout=asked["holdout"], versions=asked["wording"],
            re_entry_days=asked["re_entry_days"], repeat_days=asked["repeat_days"],
        )  # fmt: skip
        made = campaigns.create(session, draft, by=who)
        recurring.count(session, made)
        return campaigns.get(session, made.id)

    _do(root, act, email=email, shown=shown, as_json=as_json, keep=yes)


def _verb(name: str, say: str, *, reason: bool) -> None:
    """One command that moves a campaign; they differ in their service alone."""

    def run(
        root: Root, /, *, number: int, email: str, shown: str | None, as_json: bool, yes: bool, **more: str
    ) -> None:
        from workflows import campaigns

        def act(session: Session, who: Who) -> Campaign:
            moved: Campaign = getattr(campaigns, name)(session, campaigns.by_number(session, number).id, by=who, **more)
            return moved

        _do(root, act, email=email, shown=shown, as_json=as_json, keep=yes)

    wanted: list[Callable[[Any], Any]] = [click.argument("number", type=int), BY, ORG, JSON, YES, click.pass_obj]
    command: Any = run
    for option in reversed([*([WHY] if reason else []), *wanted]):
        command = option(command)
    COMMAND.command("launch" if name == "start" else name, help=say)(command)


_verb("approve", "A second person's yes to a preview; never the launcher's.", reason=False)
_verb("start", "Launch it: the workers enrol its patients, spread over the planned days.", reason=False)
_verb("pause", "Hold everything that has not left.", reason=False)
_verb("resume", "Go on where it stood.", reason=True)
_verb("stop", "For good: who has not answered gets nothing more.", reason=True)


@COMMAND.command("status")
@click.argument("number", type=int)
@ORG
@JSON
@click.pass_obj
def status(root: Root, number: int, shown: str | None, as_json: bool) -> None:
    """What has become of it: counts, and bookings beside those of the holdout."""
    from workflows import campaigns

    db = root.db()
    with db.begin(org=root.org(db, shown)) as session:
        _say(_facts(session, campaigns.by_number(session, number)), as_json=as_json)


def _do(
    root: Root, act: Callable[[Session, Who], Campaign], *, email: str, shown: str | None, as_json: bool, keep: bool
) -> None:
    from core.errors import Refused
    from workflows import staff

    db = root.db()
    try:
        with db.begin(org=root.org(db, shown)) as session:
            facts = _facts(session, act(session, staff.of_email(session, email)))
            _say(facts, as_json=as_json)
            if not keep:
                session.rollback()  # all of it was only to be shown
                click.echo("Nothing was kept. Add --yes to do it.", err=True)
    except Refused as refusal:
        click.echo(refusal.say, err=True)
        sys.exit(1)


def _facts(session: Session, campaign: Campaign) -> dict[str, Any]:
    """Counts and codes; never a patient's data."""
    from dataclasses import asdict

    from workflows.campaigns import counts, records

    facts: dict[str, Any] = {
        "campaign": campaign.number, "state": campaign.state, "program": records.program_of(session, campaign).code,
        "reason": campaign.reason, "population": campaign.population, "plan": campaign.plan,
    }  # fmt: skip
    if campaign.launched_at is not None:
        facts["counts"] = asdict(counts.now_of(session, campaign))
        facts["effect"] = asdict(counts.effect(session, campaign.id))
    return facts


def _say(facts: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False, sort_keys=True))
        return
    click.echo(
        f"campaign {facts['campaign']}: {facts['state']} ({facts['program']}): {facts['population']}; {facts['reason']}"
    )
    plan = facts["plan"]
    if plan:
        click.echo(
            f"  {plan['cohort']} patients: {plan['texts']} texts, {plan['calls']} calls, {plan['holdout']} held out"
        )
        for reason, n in plan["excluded"].items():
            click.echo(f"  {n:>7} {reason}")
        capacity, usd = plan["capacity"], plan["usd"]
        click.echo(f"  {capacity['daily']} a day (bound by {capacity['bound_by']}); ${usd['first']} to ${usd['most']}")
    for name, value in facts.get("counts", {}).items():
        click.echo(f"  {value:>7} {name}")
