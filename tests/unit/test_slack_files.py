"""A file that somebody handed over in a form: read with the token, from Slack's own host alone, never more than was asked for."""

from collections.abc import Iterator

import pytest

from bot.files import TOO_LARGE
from bot.gateway import Gateway
from core.errors import Misconfigured, Permanent
from tests.sandbox_slack import NURSE, SCOPES, LocalSlack, local_slack

LIST = b"mrn\n1\n"


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with local_slack() as made:
        yield made


def gateway(slack: LocalSlack, token: str = "xoxb-sandbox") -> Gateway:
    return Gateway(token, base_url=f"{slack.url}/slack/api/")


def test_a_file_is_read_byte_for_byte(slack: LocalSlack) -> None:
    raw = bytes(range(256)) * 500
    file = slack.ws.files.add(NURSE, "list.csv", raw)

    assert gateway(slack).file_bytes(file.id, most=len(raw)) == raw


def test_a_file_larger_than_asked_for_is_not_read(slack: LocalSlack) -> None:
    file = slack.ws.files.add(NURSE, "list.csv", LIST)

    with pytest.raises(Permanent) as refused:
        gateway(slack).file_bytes(file.id, most=len(LIST) - 1)

    assert refused.value.code == TOO_LARGE


def test_a_file_that_is_gone_is_permanent(slack: LocalSlack) -> None:
    with pytest.raises(Permanent, match="file_not_found"):
        gateway(slack).file_bytes("F0GONE", most=100)


def test_without_the_scope_the_fix_is_named_and_the_address_leads_to_a_sign_in_page() -> None:
    with local_slack(scopes=SCOPES - {"files:read"}) as slack:
        file = slack.ws.files.add(NURSE, "list.csv", LIST)

        with pytest.raises(Misconfigured, match=r"files\.info"):
            gateway(slack).file_bytes(file.id, most=100)
        direct = slack.http.get(f"{slack.url}/slack/files-pri/T1-{file.id}/list.csv")

    assert direct.status_code == 302


def test_the_private_address_needs_the_token(slack: LocalSlack) -> None:
    file = slack.ws.files.add(NURSE, "list.csv", LIST)
    address = f"{slack.url}/slack/files-pri/{slack.ws.config.team_id}-{file.id}/list.csv"

    assert slack.http.get(address).status_code == 302
    assert slack.http.get(address, headers={"Authorization": "Bearer xoxb-other"}).status_code == 302
    assert slack.http.get(address, headers={"Authorization": "Bearer xoxb-sandbox"}).content == LIST


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/files-pri/x", "http://files.slack.com/x", "https://files.slack.com.evil.example/x", "file:///etc/passwd", ""],
)  # fmt: skip
def test_the_token_goes_to_no_other_host(slack: LocalSlack, elsewhere: str) -> None:
    file = slack.ws.files.add(NURSE, "list.csv", LIST)
    object.__setattr__(slack.ws.config, "base_url", elsewhere)
    asked = gateway(slack)

    with pytest.raises(Permanent) as refused:
        asked.file_bytes(file.id, most=100)

    assert refused.value.code == "no_address"
