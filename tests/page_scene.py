"""A clinic with one conversation and one reschedule case, and the web page over it: what the page's tests share."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from httpx import Response
from redis import Redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.ids import show
from core.settings import Settings
from handlers.bells import Bells
from handlers.deps import Deps
from handlers.pacer import Pacer
from handlers.pages import off, sign_in, worklist
from handlers.pages.routes import router
from handlers.vendors import Vendors
from storage import messages, numbers
from storage.db import Database, vault
from storage.tables import Case, SignInCode, Staff
from tests import factories
from tests.business_clock import reset, set_business_time
from tests.databases import Database as Urls
from tests.kept import door
from workflows import cases, page_access, publishing, staff
from workflows import sign_in as texted
from workflows.staff import Who

HTTPS = "https://careloop.example"
LOOPBACK = "http://127.0.0.1"
WROTE = "can we do next tues afternoon? <b>Rosa</b>"


@contextmanager
def clinic(database: Urls, *, programs: bool = False) -> "Iterator[Scene]":
    """The clinic on a Monday at noon; `programs`: with those that come built in."""
    set_business_time(database.owner_url, factories.MONDAY_NOON)
    made = set_up(database)
    if programs:
        with made.db.begin(org=made.org) as session:
            publishing.publish_built_in(session, actor="system")
    yield made
    reset(database.owner_url)


def proof(page: Response) -> str:
    """What a form on this page has to send along."""
    found = re.search(r'name="proof" value="([0-9a-f]{64})"', page.text)
    assert found
    return found[1]


@dataclass
class Scene:
    """Dana is an agent and Mia the manager of Patient access, Noor a nurse, Ola an agent of another team, Vik a viewer, Omar an auditor."""

    db: Database
    org: UUID
    case_id: UUID
    patient_id: UUID
    number_id: UUID
    staff: dict[str, UUID]

    @property
    def cas(self) -> str:
        return show("cas", self.case_id)

    def who(self, name: str) -> Who:
        with self.db.begin(org=self.org) as session:
            return staff.of_id(session, self.staff[name])

    def link(self, name: str, *, case_id: UUID | None = None) -> str:
        with self.db.begin(org=self.org) as session:
            who = staff.of_id(session, self.staff[name])
            return page_access.make_link(session, who=who, case_id=case_id or self.case_id)

    def claimed(self, name: str = "Dana") -> Case:
        with self.db.begin(org=self.org) as session:
            return cases.claim(session, self.case_id, by=staff.of_id(session, self.staff[name]))

    def row(self) -> Case:
        with self.db.begin(org=self.org) as session:
            return cases.get(session, self.case_id)


def with_phone(scene: Scene, name: str, number: str = "+13125550181") -> str:
    """Put a phone on file; the e-mail of whose it is."""
    with scene.db.begin(org=scene.org) as session:
        person = session.scalars(select(Staff).where(Staff.id == scene.staff[name])).one()
        person.phone = vault(session).seal(number, "staff.phone", person.id)
        return person.email


def newest_code(scene: Scene) -> str:
    """What the newest text with a code says."""
    with scene.db.begin(org=scene.org) as session:
        row = session.scalars(select(SignInCode.id).order_by(SignInCode.id.desc()).limit(1)).one()
        told = texted.to_text(session, row)
        assert told is not None
        return str(re.findall(r"\d{6}", told.body)[0])


def set_up(urls: Urls, **number: Any) -> Scene:
    """Write the scene; `number` goes to the patient's number."""
    db = door(urls.app_url)
    org = factories.an_organisation(db)
    with db.begin(org=org) as session:
        access = factories.a_team(session)
        nurses = factories.a_team(session, code="clinical", clinical=True)
        desk = factories.a_team(session, code="front_office")
        people = {
            "Dana": ("agent", access), "Noor": ("clinician", nurses), "Mia": ("manager", access),
            "Vik": ("viewer", access), "Ola": ("agent", desk), "Omar": ("auditor", None),
        }  # fmt: skip
        known = {
            name: factories.a_member_of_staff(session, role=role, team=team, slack_id=f"U0{name.upper()}", name=name).id
            for name, (role, team) in people.items()
        }
        patient = factories.a_patient(session, **number)
        phone = numbers.of_patient(session, patient.id)[0]
        factories.an_appointment(session, patient, start=factories.MONDAY_NOON - timedelta(days=3))
        for hours in (25, 27, 49):
            factories.a_slot(session, start=factories.MONDAY_NOON + timedelta(hours=hours))
        text = messages.receive(session, number_id=phone.id, body=WROTE, sid="SM1", patient_id=patient.id)
        case = a_case(session, patient_id=patient.id, number_id=phone.id, message_id=text.id)
        return Scene(db, org, case.id, patient.id, phone.id, known)


def a_case(
    session: Session, *, kind: str = "reschedule", team: str = "patient_access", key: str = "one", **facts: Any
) -> Case:
    """A case of the scene's patient."""
    usual: dict[str, Any] = {
        "reason": "reply",
        "due": "4 business hours",
        "asked": "Tue 12–17",
        "asked_start": factories.MONDAY_NOON + timedelta(days=1),
        "asked_end": factories.MONDAY_NOON + timedelta(days=1, hours=5),
    }
    return cases.open_one(session, cases.Opening(kind=kind, team=team, dedupe_key=key, **(usual | facts)))


def web(scene: Scene, redis_url: str, *, origin: str = LOOPBACK) -> FastAPI:
    """The page's own app, as the web process includes it."""
    deps = deps_of(scene, redis_url, origin=origin)
    app = FastAPI()
    for part in (router, sign_in.router, off.router, worklist.router):
        app.include_router(part(deps))
    return app


def deps_of(scene: Scene, redis_url: str, *, origin: str = LOOPBACK) -> Deps:
    """What its handlers work with."""
    redis = Redis.from_url(redis_url)
    settings = Settings(public_base_url=origin)
    return Deps(
        settings=settings, db=scene.db, redis=redis, bells=Bells(redis),
        pacer=Pacer(redis, segments_per_second=10), vendors=Vendors(scene.db, settings),
    )  # fmt: skip
