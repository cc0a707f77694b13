"""The log: ids and codes get through, patient text does not, whoever writes it."""

import json
import logging
import time
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import httpx
import pytest
import structlog
from slack_bolt import App, BoltRequest

from core import log

BODY = "chest pain since this morning"
LIBRARIES = (
    "slack_bolt",
    "slack_sdk",
    "twilio",
    "httpx",
    "rq",
    "alembic",
    "uvicorn",
    "uvicorn.error",
    "uvicorn.access",
)


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    loggers = [root, *(logging.getLogger(name) for name in LIBRARIES)]
    before = [(one, one.handlers[:], one.level, one.propagate) for one in loggers]
    yield
    for one, handlers, level, propagate in before:
        one.handlers[:], one.level, one.propagate = handlers, level, propagate
    logging.getLogger().manager._clear_cache()  # type: ignore[attr-defined]
    structlog.reset_defaults()


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Any:
    """What has been logged since the last call, parsed; nothing of it may be the patient's text."""

    def read() -> list[dict[str, Any]]:
        said = capsys.readouterr()
        assert BODY not in said.err + said.out
        assert said.out == ""
        return [json.loads(line) for line in said.err.splitlines()]

    return read


def test_ids_and_codes_are_written_with_the_process(lines: Any) -> None:
    log.configure("web")

    log.get().info("case.claimed", case="cas_1", wait_s=3)

    (line,) = lines()
    assert line["event"] == "case.claimed"
    assert (line["case"], line["wait_s"], line["process"], line["level"]) == ("cas_1", 3, "web", "info")
    assert line["at"].endswith("Z")
    assert "dropped" not in line


@pytest.mark.req("S25")
def test_a_field_that_is_not_on_the_list_is_dropped_and_named(lines: Any) -> None:
    log.configure("web")

    log.get().info("text.received", message="msg_1", body=BODY, phone="+13125550101")

    (line,) = lines()
    assert line["dropped"] == ["body", "phone"]
    assert line["message"] == "msg_1"
    assert "+1312" not in json.dumps(line)


def test_bound_fields_pass_the_same_list(lines: Any) -> None:
    log.configure("web")

    log.get().bind(name="Rosa Delgado", org="org_1").warning("thing.seen")

    (line,) = lines()
    assert line["dropped"] == ["name"]
    assert line["org"] == "org_1"


def test_an_exception_is_reduced_to_its_class(lines: Any) -> None:
    log.configure("web")

    try:
        int(BODY)
    except ValueError as error:
        log.get().exception("job.failed", job="deliver")
        log.get().error("job.failed", error=error)

    first, second = lines()
    assert first["dropped"] == ["exc_info"]
    assert second["error"] == "ValueError"


def test_an_id_is_written_as_its_text(lines: Any) -> None:
    log.configure("web")

    log.get().info("org.made", org=UUID(int=1))

    (line,) = lines()
    assert line["org"] == "00000000-0000-0000-0000-000000000001"


@pytest.mark.req("S25")
def test_slack_bolt_cannot_leak_the_body_of_a_request_with_a_bad_signature(lines: Any) -> None:
    log.configure("web")
    app = App(token="xoxb-test", signing_secret="secret", token_verification_enabled=False)
    stamp = str(int(time.time()))
    headers: dict[str, str | Sequence[str]] = {"x-slack-signature": "v0=wrong", "x-slack-request-timestamp": stamp}

    answer = app.dispatch(BoltRequest(body=json.dumps({"text": BODY}), headers=headers))

    assert answer.status == 401
    assert all(set(line) <= {"event", "logger", "level", "process", "error"} for line in lines())


def test_httpx_does_not_write_the_address_it_asks(lines: Any) -> None:
    log.configure("web")
    silent = httpx.MockTransport(lambda _: httpx.Response(200))

    with httpx.Client(transport=silent) as client:
        client.get("https://ehr.example/fhir/Patient", params={"phone": "+13125550101"})

    assert lines() == []


@pytest.mark.parametrize(
    "name", [*LIBRARIES, "twilio.http_client", "slack_bolt.App", "rq.worker", "asyncio", "unknown.one"]
)
def test_a_library_gets_only_its_name_and_level_through(lines: Any, name: str) -> None:
    log.configure("web")
    logger = logging.getLogger(name)

    logger.info("POST data: %s", BODY)
    logger.warning("POST data: %s", BODY)

    (line,) = lines()
    assert line == {"event": "library.said", "logger": name, "level": "warning", "process": "web"}


def test_an_exception_in_a_library_is_reduced_to_its_class(lines: Any) -> None:
    log.configure("web")

    try:
        int(BODY)
    except ValueError:
        logging.getLogger("rq.worker").exception("job failed: %s", BODY)

    (line,) = lines()
    assert line["error"] == "ValueError"


def test_a_library_that_brought_a_handler_of_its_own_loses_it(lines: Any) -> None:
    logging.getLogger("uvicorn.access").addHandler(logging.StreamHandler())
    log.configure("web")

    logging.getLogger("uvicorn.access").error("GET /page?token=%s", BODY)

    assert [line["logger"] for line in lines()] == ["uvicorn.access"]


def test_below_the_level_nothing_is_written(lines: Any) -> None:
    log.configure("web", level="warning")

    log.get().info("case.claimed")

    assert lines() == []
