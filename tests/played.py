"""A small clinic with a history behind it, played once a pytest worker and then copied: what the tests of histories begin with."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from click.testing import CliRunner
from sqlalchemy import func, select

from handlers import history
from handlers.cli.commands import kpi
from handlers.cli.root import Root
from handlers.history import Script
from sandbox.past import past
from storage import numbers
from storage.db import Database
from storage.tables import Case, CaseEvent, Message
from tests import databases, factories, scenes
from tests.business_clock import STAND, reset, set_business_time
from tests.kept import door, line
from workflows import consent, publishing

BEGINS = datetime(2026, 10, 5, 5, tzinfo=UTC)  # a Monday's midnight in Chicago; daylight saving ends in the fourth week
ENDS = BEGINS + timedelta(weeks=5, hours=9, minutes=30)
SEED, PATIENTS = 3, 14
SITES = ("loc-main", "loc-branch")
PILOT = {"runs": 16, "review_all": 5, "sample_every": 3, "min_reviewed": 5, "pass_rate": 0.3, "opt_out_rate": 0.5}
TEAMS = ("patient_access", "front_office", "care_coordination")
SCENE = "played"


class Enough(Exception):
    """The rest need not be played."""


@dataclass
class Played:
    """A clinic with weeks behind it; `visits` are FHIR Appointments as the EHR that goes on gets them."""

    db: Database
    org: UUID
    said: list[str] = field(default_factory=list)
    visits: list[dict[str, Any]] = field(default_factory=list)

    def count(self, *where: object) -> int:
        """How many rows there are so."""
        with self.db.begin(org=self.org) as session:
            return session.scalar(select(func.count()).where(*where)) or 0  # type: ignore[arg-type]

    def until(self, end: datetime) -> list[tuple[object, ...]]:
        """All texts and all that happened to cases up to then, in order: two histories that agree in it agree in every figure."""
        texts = select(
            Message.created_at, Message.direction, Message.purpose, Message.step, Message.touch, Message.segments
        )
        acts = select(CaseEvent.at, CaseEvent.what, Case.kind, Case.number).join(
            Case, (Case.org_id == CaseEvent.org_id) & (Case.id == CaseEvent.case_id)
        )
        with self.db.begin(org=self.org) as session:
            rows = [*session.execute(texts.where(Message.created_at < end))]
            rows += session.execute(acts.where(CaseEvent.at < end))
        return sorted((tuple(row) for row in rows), key=repr)

    def kpis(self, *options: str) -> list[dict[str, Any]]:
        """What an operator reads of it."""
        root = Root(settings=lambda *_: None, database=lambda _: self.db)  # type: ignore[arg-type]
        printed = CliRunner().invoke(kpi.COMMAND, ["--json", *options], obj=root)
        assert printed.exit_code == 0, printed.stderr
        return [json.loads(line) for line in printed.stdout.splitlines()]


_FIRST: dict[str, tuple[UUID, list[str], list[dict[str, Any]]]] = {}


@contextmanager
def opened(urls: databases.Database) -> Iterator[Played]:
    """The one that all tests share, at its end."""
    db = door(urls.app_url, origin="https://care.example")
    if scenes.saved(urls, SCENE):
        scenes.play(urls, SCENE)
        set_business_time(urls.owner_url, ENDS)
        found = Played(db, *_FIRST[urls.superuser_url])
    else:
        found = play(urls)
        scenes.save(urls, SCENE)
        _FIRST[urls.superuser_url] = (found.org, found.said, found.visits)
    try:
        yield found
    finally:
        reset(urls.owner_url)


def play(urls: databases.Database, *, seed: int = SEED, say: Callable[[str], None] | None = None) -> Played:
    """Play one, from the furnished clinic on; `say` may raise `Enough`."""
    who = past(PATIENTS, seed=seed, before=BEGINS)
    script = Script(BEGINS, ENDS, factories.ZONE, seed, who.patients, every=(5, 9), sites=SITES)
    set_business_time(urls.owner_url, BEGINS)
    db = door(urls.app_url, origin="https://care.example")
    made = Played(db, _furnished(db, who.consents))

    def move(at: datetime) -> None:
        with line(urls.owner_url) as clock:
            clock.execute(STAND, [at])

    def told(words: str) -> None:
        made.said.append(words)
        if say is not None:
            say(words)

    with suppress(Enough):
        made.visits = history.play(db, made.org, script, move=move, say=told)
    return made


def _furnished(db: Database, consents: tuple[dict[str, str], ...]) -> UUID:
    org = factories.an_organisation(db, settings={"pilot": PILOT})
    with db.begin(org=org) as session:
        for place in SITES:
            factories.a_site(session, name=place, ehr_id=place)
        teams = factories.all_teams(session, channels=None)
        for code in TEAMS:
            factories.a_member_of_staff(
                session, team=teams[code], slack_id=f"U0{code[:5].upper()}{str(org)[-4:]}", workspace=f"T{org}"
            )
        for role, team, name in (("clinician", "clinical", "NURSE"), ("manager", "front_office", "ONE")):
            who = f"U0{name}{str(org)[-4:]}"
            factories.a_member_of_staff(session, role=role, team=teams[team], slack_id=who, workspace=f"T{org}")
        factories.a_member_of_staff(session, role="manager", slack_id=f"U0TWO{str(org)[-4:]}", workspace=f"T{org}")
        for given in consents:
            number = numbers.add(session, given["number"])
            consent.record(
                session, number, who=given["who"], given_at=datetime.fromisoformat(given["given_at"]), how=given["how"],
                wording=given["wording"], scope=given["scope"],
            )  # fmt: skip
        publishing.publish_built_in(session, actor="system")
    return org
