"""Sign-in by a code to the phone on file, for when Slack does not answer: what gets in, what does not, and what nobody can learn."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

import httpx
import pytest
from httpx import Client, Response
from sqlalchemy import select, update

from core import clock
from sandbox.tls import TLS
from storage import audit
from storage.tables import AuditRow, OutboxRow, SignInCode, Staff
from tests.databases import Bells, Database
from tests.page_scene import Scene, clinic, newest_code, proof, web, with_phone
from tests.serving import serving
from tests.world import World
from workflows import sign_in

pytestmark = pytest.mark.phi("any")

AMINAS_PHONE = "+13125550181"


@pytest.fixture
def scene(clean_database: Database) -> Iterator[Scene]:
    with clinic(clean_database) as made:
        yield made


@pytest.fixture
def browsers(scene: Scene, valkey: Bells) -> Iterator["Browsers"]:
    with serving(web(scene, valkey.url)) as url, ExitStack() as open_ones:
        yield Browsers(url, open_ones)


class Browsers:
    def __init__(self, url: str, open_ones: ExitStack) -> None:
        self._url, self._open_ones = url, open_ones

    def new(self) -> Client:
        return self._open_ones.enter_context(Client(base_url=self._url))


def ask(client: Client, email: str) -> Response:
    return client.post("/sign-in", data={"email": email})


def enter(client: Client, page: Response, code: str) -> Response:
    return client.post("/sign-in/code", data={"proof": proof(page), "code": code})


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


@pytest.mark.req("N11", by="workflows.sign_in:enter")
def test_the_code_from_the_text_opens_the_worklist_once(scene: Scene, browsers: Browsers) -> None:
    client = browsers.new()
    asked = ask(client, with_phone(scene, "Dana").upper())
    code = newest_code(scene)

    entered = enter(client, asked, f" {code[:3]} {code[3:]} ")

    assert (entered.status_code, entered.headers["location"]) == (303, "/worklist")
    assert "Worklist" in client.get("/worklist").text
    again = browsers.new()
    again.cookies = client.cookies
    assert again.post("/sign-in/code", data={"proof": "0" * 64, "code": code}).status_code in (401, 403)
    with scene.db.begin(org=scene.org) as session:
        done = list(
            session.scalars(select(AuditRow.action).where(AuditRow.subject_kind == "staff").order_by(AuditRow.id))
        )
        assert done == ["page.code_asked", "page.signed_in"]
        assert session.scalars(select(SignInCode.code)).one() is None
        audit.seal(session)


def test_nobody_learns_whether_an_email_is_known(scene: Scene, browsers: Browsers) -> None:
    known, unknown, without_phone = browsers.new(), browsers.new(), browsers.new()
    pages = [
        ask(known, with_phone(scene, "Dana")),
        ask(unknown, "nobody@clinic.example"),
        ask(without_phone, "u0mia@clinic.example"),
    ]

    bare = {re.sub(r'value="[0-9a-f]{64}"', "", page.text) for page in pages}
    assert len(bare) == 1
    assert {page.status_code for page in pages} == {200}
    assert len({tuple(sorted(page.headers)) for page in pages}) == 1
    wrong = other_than(newest_code(scene))
    refused = [enter(client, page, wrong) for client, page in zip((known, unknown, without_phone), pages, strict=True)]
    assert {answer.status_code for answer in refused} == {403}
    assert all(sign_in.WRONG in answer.text for answer in refused)
    with scene.db.begin(org=scene.org) as session:
        assert len(list(session.scalars(select(OutboxRow.id).where(OutboxRow.topic == "sign_in.code")))) == 1


def test_after_five_tries_even_the_right_code_is_no_good(scene: Scene, browsers: Browsers) -> None:
    client = browsers.new()
    page = ask(client, with_phone(scene, "Dana"))
    code = newest_code(scene)
    for _ in range(sign_in.TRIES):
        assert enter(client, page, other_than(code)).status_code == 403

    assert enter(client, page, code).status_code == 403


def test_a_code_is_good_for_five_minutes_in_one_browser_and_the_newest_alone(scene: Scene, browsers: Browsers) -> None:
    email = with_phone(scene, "Dana")
    first, second = browsers.new(), browsers.new()
    early = ask(first, email)
    old = newest_code(scene)
    late = ask(second, email)
    code = newest_code(scene)

    assert enter(first, early, old).status_code == 403
    assert enter(first, early, code).status_code == 403
    with scene.db.begin(org=scene.org) as session:
        session.execute(update(SignInCode).values(expires_at=clock.machine() - timedelta(seconds=1)))
    assert enter(second, late, code).status_code == 403


def test_more_than_five_codes_in_a_quarter_of_an_hour_are_not_sent(scene: Scene, browsers: Browsers) -> None:
    email = with_phone(scene, "Dana")
    for _ in range(sign_in.MOST + 3):
        assert ask(browsers.new(), email).status_code == 200

    with scene.db.begin(org=scene.org) as session:
        assert len(list(session.scalars(select(SignInCode.id)))) == sign_in.MOST


def test_who_left_the_staff_list_does_not_get_in(scene: Scene, browsers: Browsers) -> None:
    client = browsers.new()
    page = ask(client, with_phone(scene, "Dana"))
    code = newest_code(scene)
    with scene.db.begin(org=scene.org) as session:
        session.execute(update(Staff).where(Staff.id == scene.staff["Dana"]).values(active=False))

    assert enter(client, page, code).status_code == 403


def test_a_form_of_another_site_or_without_its_proof_is_refused(scene: Scene, browsers: Browsers) -> None:
    client = browsers.new()
    ask(client, with_phone(scene, "Dana"))
    code = newest_code(scene)

    other_site = client.post("/sign-in", data={"email": "a@b.example"}, headers={"sec-fetch-site": "cross-site"})
    without = client.post("/sign-in/code", data={"code": code, "proof": "0" * 64})
    bare = browsers.new().post("/sign-in/code", data={"code": code, "proof": "0" * 64})

    assert [answer.status_code for answer in (other_site, without, bare)] == [403, 403, 401]
    assert "default-src 'none'" in bare.headers["content-security-policy"]


@pytest.mark.parametrize("email", ["", "   ", "x" * 5000, "'; drop table staff; --", "\x00@x", "ä@ö.example"])
def test_whatever_is_typed_gets_a_page(browsers: Browsers, email: str) -> None:
    assert ask(browsers.new(), email).status_code in (200, 422)


@pytest.mark.req("N11", by="handlers.effects.sign_in:send")
def test_while_slack_is_down_the_code_reaches_the_phone_and_the_worklist_opens(monday: World) -> None:
    monday.fault("slack", method="*", status=503, times=10_000)
    with monday.begin() as session:
        email = session.scalars(
            select(Staff.email).where(Staff.phone.is_not(None)).order_by(Staff.email).limit(1)
        ).one()
    with httpx.Client(verify=TLS, trust_env=False, base_url=monday.theatre.web.url, timeout=15) as client:
        page = ask(client, email)
        monday.drain()
        told = [text for text in monday.texts(AMINAS_PHONE) if "sign-in code" in text]
        assert len(told) == 1
        entered = enter(client, page, re.findall(r"\d{6}", told[0])[0])

        assert entered.status_code == 303
        assert client.get("/worklist").status_code == 200
