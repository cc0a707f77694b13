"""Settings: read once, frozen, and a missing one is named."""

import pytest
from pydantic import ValidationError

from core.errors import Misconfigured
from core.settings import HELP, Settings, refuse_plain_http

SECRETS = ("DATABASE_URL", "SECRET_KEYS", "SLACK_BOT_TOKEN", "TWILIO_AUTH_TOKEN", "FHIR_TOKEN", "EHR_NOTIFY_TOKEN")


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize("name", sorted(HELP))
def test_a_missing_setting_is_named_with_what_belongs_there(name: str) -> None:
    with pytest.raises(Misconfigured) as error:
        Settings().need(name)

    assert error.value.what == f"{name} is not set"
    assert HELP[name] in error.value.fix


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEYS", "")

    with pytest.raises(Misconfigured, match="SECRET_KEYS is not set"):
        Settings().need("SECRET_KEYS")


def test_the_first_missing_one_is_named_and_one_not_asked_for_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://app:pw@db/careloop")

    with pytest.raises(Misconfigured, match="REDIS_URL"):
        Settings().need("DATABASE_URL", "REDIS_URL", "SECRET_KEYS")
    Settings().need("DATABASE_URL")


@pytest.mark.parametrize("name", ["PUBLIC_BASE_URL", "SLACK_API_BASE_URL", "TWILIO_API_BASE_URL", "FHIR_BASE_URL"])
@pytest.mark.parametrize(
    "url", ["http://ehr.example/fhir", "http://127.0.0.1.example/", "ftp://localhost/", "ehr.example"]
)
def test_patient_data_does_not_travel_over_plain_http(monkeypatch: pytest.MonkeyPatch, name: str, url: str) -> None:
    monkeypatch.setenv(name, url)

    with pytest.raises(Misconfigured, match=f"{name} is not an https address"):
        Settings().need(name)


@pytest.mark.parametrize(
    "url", ["https://ehr.example/fhir", "http://127.0.0.1:8701", "http://localhost:1/", "http://[::1]:1/"]
)
def test_https_and_this_machine_are_accepted(url: str) -> None:
    refuse_plain_http("FHIR_BASE_URL", url)


@pytest.mark.parametrize("url", ["https://", "https:///fhir", "http://[", "https://[oops"])
def test_an_address_without_a_host_is_refused(url: str) -> None:
    with pytest.raises(Misconfigured, match="FHIR_BASE_URL"):
        refuse_plain_http("FHIR_BASE_URL", url)


def test_settings_cannot_be_changed_later() -> None:
    settings = Settings()

    with pytest.raises(ValidationError):
        settings.port = 1  # type: ignore[misc]


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_shows_only_when_asked_for(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "hush-hush")

    settings = Settings()

    assert "hush-hush" not in f"{settings!r} {settings}"
    assert settings.secret(name) == "hush-hush"


def test_the_public_origin_has_no_slash_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_BASE_URL", "https://careloop.example/")

    assert Settings().public_origin == "https://careloop.example"


def test_the_public_origin_is_missed_by_name() -> None:
    with pytest.raises(Misconfigured, match="PUBLIC_BASE_URL"):
        _ = Settings().public_origin
