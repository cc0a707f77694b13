"""A Slack with an app that asks by OAuth: two workspaces, one Enterprise organisation, and the browser of whoever installs it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit
from uuid import UUID

import httpx
from fastapi import FastAPI

from core import clock
from handlers.effects.slack import known_channels
from sandbox.slack import Channel, OAuthApp, Workspace
from sandbox.tls import TLS
from tests.kept import line
from tests.theatre import OAUTH_CLIENT
from tests.world import World
from workflows import install_invitations

ENTERPRISE, OTHER = "E0GRID", "T0OTHER"
NORTH = "C0NORTH"


@contextmanager
def oauth_world(world: World, *, rotates: bool = True) -> Iterator[World]:
    """The world's Slack with an app of a client id, a second workspace, and an Enterprise organisation over both."""
    before, back = world.slack.config, f"{world.theatre.web.url}/slack/oauth_redirect"
    config = replace(
        before,
        oauth=OAuthApp(*OAUTH_CLIENT, redirect_urls=(back,), rotates=rotates, org_wide=True),
        enterprise_id=ENTERPRISE,
        enterprise_name="Lakeside Health",
    )
    room = Channel(NORTH, "north", private=True, members=(*world.slack.people, before.bot_user_id))
    second = replace(config, team_id=OTHER, team_name="Lakeside North", bot_token="", channels=(room,))
    now, changed = world.slack.now, world.slack.changed
    world.slack = Workspace(config, now=now, changed=changed)
    world.slack.join(Workspace(second, now=now, changed=changed))
    web = FastAPI()
    for part in (world.slack, world.phones, world.ehr):
        web.router.routes += part.router().routes
    world.theatre.vendors.stage.app = web
    org = world.org
    _forget(world, org)
    yield world
    _forget(world, org)


def _forget(world: World, org: UUID) -> None:
    """What this worker's processes remember of the organisation, which every test has anew."""
    world.deps.vendors.forget("slack", org)
    world.deps.vendors._people.clear()
    world.deps.vendors._owners.clear()
    known_channels.clear()


def invitation(world: World) -> str:
    """The path of a new invitation's link."""
    with world.begin() as session:
        return f"/slack/install?invite={quote(install_invitations.invite(session, actor='operator'))}"


def soon(world: World, *, hours: float) -> None:
    """Time passes until the token has this many hours left, here and in Slack."""
    at = clock.machine() + timedelta(hours=hours)
    with line(world.theatre.database.superuser_url) as connection:
        connection.execute("UPDATE slack_installs SET expires_at = %s", [at])
    for token in world.slack.grants.tokens.values():
        token.expires_at = at.timestamp() if token.expires_at else None


def expire(world: World) -> None:
    """Slack's tokens have run out, and nobody here has noticed."""
    for token in world.slack.grants.tokens.values():
        token.expires_at = 1.0 if token.expires_at else None


class Browser:
    """Whoever installs: cookies, our pages, and Slack's own."""

    def __init__(self, world: World, cookies: httpx.Cookies | None = None) -> None:
        self._world = world
        self._cookies = cookies or httpx.Cookies()

    def _send(self, method: str, address: str, **how: Any) -> httpx.Response:
        with httpx.Client(verify=TLS, trust_env=False, timeout=20, cookies=self._cookies) as client:
            answer = client.request(method, address, **how)
            self._cookies = client.cookies
        return answer

    def twin(self) -> Browser:
        """The same browser in another tab."""
        return Browser(self._world, httpx.Cookies(self._cookies))

    def get(self, where: str) -> httpx.Response:
        """One of our pages, by path or whole address."""
        return self._send("GET", where if where.startswith("http") else f"{self._world.theatre.web.url}{where}")

    def post(self, path: str, **form: str) -> httpx.Response:
        """One of our forms."""
        return self._send("POST", f"{self._world.theatre.web.url}{path}", data=form)

    def keep(self, name: str, value: str) -> None:
        """Have a cookie, as if it had been set before."""
        self._cookies.set(name, value)

    def begin(self, link: str) -> str:
        """The address in Slack that an invitation's page leads to."""
        page = self.get(link)
        assert page.status_code == 200, page.text
        found = re.search(r'href="([^"]*/oauth/v2/authorize[^"]*)"', page.text)
        assert found, page.text
        return unescape(found[1])

    def allow(self, address: str, *, place: str = "", decision: str = "allow") -> str:
        """Decide on Slack's page; where it sends the browser back to."""
        asked = self._send("GET", address)
        assert asked.status_code == 200, asked.text
        form = dict(parse_qsl(urlsplit(address).query))
        where = {"place": place or self._world.theatre.config.slack_team, "decision": decision}
        answer = self._send("POST", address.partition("?")[0], data=form | where)
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    def install(self, link: str, *, place: str = "") -> httpx.Response:
        """The whole way; the page at its end."""
        return self.get(self.allow(self.begin(link), place=place))
