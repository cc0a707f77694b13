"""Installing by OAuth in the local Slack: what it refuses is what Slack refuses."""

import base64
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from sandbox.slack import OAuthApp, Workspace
from sandbox.tls import TLS
from tests.sandbox_slack import LocalSlack, config, local_slack

BACK = "https://care.example/slack/oauth_redirect"
APP = OAuthApp("1.2", "hush", redirect_urls=(BACK,), rotates=True, org_wide=True)
STILL = OAuthApp("1.2", "hush", redirect_urls=(BACK,))


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with local_slack(oauth=APP, enterprise_id="E0GRID", enterprise_name="Health") as running:
        yield running


def asked(**changes: str) -> dict[str, str]:
    return {"client_id": "1.2", "scope": "chat:write,commands", "redirect_uri": BACK, "state": "s1"} | changes


def send(slack: LocalSlack, method: str, path: str, **how: Any) -> httpx.Response:
    with httpx.Client(verify=TLS, trust_env=False, timeout=10) as client:
        return client.request(method, f"{slack.url}{path}", **how)


def decide(slack: LocalSlack, *, place: str = "T0CLINIC", decision: str = "allow", **changes: str) -> dict[str, str]:
    form = asked(**changes) | {"place": place, "decision": decision}
    answer = send(slack, "POST", "/slack/oauth/v2/authorize", data=form)
    assert answer.status_code == 302, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def access(slack: LocalSlack, *, secret: str = "hush", client: str = "1.2", **form: str) -> dict[str, Any]:
    pair = base64.b64encode(f"{client}:{secret}".encode()).decode()
    answer = send(slack, "POST", "/slack/api/oauth.v2.access", data=form, headers={"Authorization": f"Basic {pair}"})
    found: dict[str, Any] = answer.json()
    return found


def exchange(slack: LocalSlack, **place: str) -> dict[str, Any]:
    return access(slack, code=decide(slack, **place)["code"], redirect_uri=BACK)


def word(slack: LocalSlack, token: str, method: str = "auth.test", **args: str) -> str:
    answer = send(slack, "POST", f"/slack/api/{method}", data=args, headers={"Authorization": f"Bearer {token}"}).json()
    return "ok" if answer["ok"] else str(answer["error"])


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"client_id": "9.9"}, "invalid_client_id"),
        ({"redirect_uri": "https://evil.example/slack/oauth_redirect"}, "bad_redirect_uri"),
        ({"redirect_uri": BACK + ".evil.example"}, "bad_redirect_uri"),
        ({"scope": "admin"}, "invalid_scope"),
    ],
)
def test_what_an_app_asks_wrongly_is_said_on_slacks_own_page(
    slack: LocalSlack, changes: dict[str, str], word: str
) -> None:
    page = send(slack, "GET", f"/slack/oauth/v2/authorize?{urlencode(asked(**changes))}")

    assert page.status_code == 400
    assert word in page.text


def test_the_state_comes_back_as_it_was_and_a_no_is_a_no(slack: LocalSlack) -> None:
    assert decide(slack, decision="deny", state="a&b=c") == {"error": "access_denied", "state": "a&b=c"}
    assert decide(slack, state="a&b=c")["state"] == "a&b=c"


def test_a_code_is_good_once_for_ten_minutes_and_with_its_own_address(slack: LocalSlack) -> None:
    code = decide(slack)["code"]
    assert access(slack, code=code, redirect_uri="https://care.example/other")["error"] == "bad_redirect_uri"
    assert access(slack, code=code, redirect_uri=BACK)["ok"] is True
    assert access(slack, code=code, redirect_uri=BACK)["error"] == "code_already_used"
    late = decide(slack)["code"]
    slack.clock.ahead += 601
    assert access(slack, code=late, redirect_uri=BACK)["error"] == "invalid_code"


def test_the_app_says_who_it_is_by_basic_or_in_the_form(slack: LocalSlack) -> None:
    code = decide(slack)["code"]
    assert access(slack, code=code, redirect_uri=BACK, secret="guess")["error"] == "bad_client_secret"
    assert access(slack, code=code, redirect_uri=BACK, client="9.9")["error"] == "invalid_client_id"
    form = {"client_id": "1.2", "client_secret": "hush", "code": code, "redirect_uri": BACK}
    assert send(slack, "POST", "/slack/api/oauth.v2.access", data=form).json()["ok"] is True


def test_tokens_end_after_twelve_hours_and_a_refresh_token_is_good_once(slack: LocalSlack) -> None:
    first = exchange(slack)
    assert (first["expires_in"], word(slack, first["access_token"])) == (43_200, "ok")

    second = access(slack, grant_type="refresh_token", refresh_token=first["refresh_token"])

    assert word(slack, second["access_token"]) == "ok"
    assert word(slack, first["access_token"]) == "ok"  # the old one until its end
    again = access(slack, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert again["error"] == "invalid_refresh_token"
    slack.clock.ahead += 43_201
    assert word(slack, second["access_token"]) == "token_expired"


def test_two_tokens_of_a_place_are_active_at_most(slack: LocalSlack) -> None:
    given = [exchange(slack)]
    for _ in range(2):
        given.append(access(slack, grant_type="refresh_token", refresh_token=given[-1]["refresh_token"]))

    assert [word(slack, one["access_token"]) for one in given] == ["token_revoked", "ok", "ok"]


def test_without_rotation_a_token_stays_and_has_nothing_to_renew_it_with() -> None:
    with local_slack(oauth=STILL) as slack:
        first, second = exchange(slack), exchange(slack)

        assert first["access_token"] == second["access_token"]
        assert "refresh_token" not in first
        refused = access(slack, grant_type="refresh_token", refresh_token="xoxe-1-any")
        assert refused["error"] == "token_rotation_not_enabled"


def test_an_uninstalled_place_takes_no_token_of_ours(slack: LocalSlack) -> None:
    token = exchange(slack)["access_token"]
    assert word(slack, token, "apps.uninstall", client_id="1.2", client_secret="guess") == "bad_client_secret"
    assert word(slack, token, "apps.uninstall", client_id="1.2", client_secret="hush") == "ok"

    assert word(slack, token) == "account_inactive"
    assert word(slack, "xoxb-sandbox") == "account_inactive"
    assert word(slack, exchange(slack)["access_token"]) == "ok"


def test_a_revoked_token_is_revoked(slack: LocalSlack) -> None:
    token = exchange(slack)["access_token"]

    assert word(slack, token, "auth.revoke") == "ok"

    assert word(slack, token) == "token_revoked"


def test_an_enterprise_organisations_token_reaches_the_workspace_that_is_meant(slack: LocalSlack) -> None:
    second = config(
        team_id="T0NORTH", team_name="North", bot_token="", oauth=APP, enterprise_id="E0GRID", enterprise_name="Health"
    )
    slack.ws.join(Workspace(second, now=slack.ws.now, changed=slack.ws.changed, machine=slack.clock))

    wide = exchange(slack, place="E0GRID")

    assert (wide["team"], wide["enterprise"]["id"], wide["is_enterprise_install"]) == (None, "E0GRID", True)
    who = send(
        slack, "POST", "/slack/api/auth.test", headers={"Authorization": f"Bearer {wide['access_token']}"}
    ).json()
    assert (who["enterprise_id"], who["is_enterprise_install"]) == ("E0GRID", True)
    one = exchange(slack, place="T0NORTH")
    assert (one["team"]["id"], one["is_enterprise_install"]) == ("T0NORTH", False)
    whose = send(
        slack, "POST", "/slack/api/auth.test", headers={"Authorization": f"Bearer {one['access_token']}"}
    ).json()
    assert whose["team_id"] == "T0NORTH"
