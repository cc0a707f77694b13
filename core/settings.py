"""Settings: read once from the environment in app.py, frozen, handed on as values. Each command asks for what it needs by name."""

from functools import cached_property
from urllib.parse import urlsplit

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.errors import Misconfigured

HELP = {
    "DATABASE_URL": "the app's own PostgreSQL role, e.g. postgresql://careloop_app:…@db/careloop",
    "DATABASE_OWNER_URL": "the owner's role, used by `migrate` only",
    "REDIS_URL": "the Redis or Valkey that rings the doorbells, e.g. redis://:…@redis:6379/0",
    "PUBLIC_BASE_URL": "the https address under which Slack, Twilio and the EHR reach this installation",
    "SECRET_KEYS": "`id:base64-of-32-bytes`, newest first, separated by commas",
    "SLACK_BOT_TOKEN": "the xoxb- token of the Slack app",
    "SLACK_APP_TOKEN": "the xapp- app-level token with connections:write, for Socket Mode",
    "SLACK_CLIENT_ID": "the Client ID on the Slack app's Basic Information page (installing by OAuth)",
    "SLACK_CLIENT_SECRET": "the Client Secret on the Slack app's Basic Information page (installing by OAuth)",
    "SLACK_SIGNING_SECRET": "the signing secret on the Slack app's Basic Information page",
    "TWILIO_ACCOUNT_SID": "the AC… id of the Twilio account",
    "TWILIO_AUTH_TOKEN": "the auth token of the Twilio account: it signs the webhooks",
    "TWILIO_MESSAGING_SERVICE_SID": "the MG… id of your Messaging Service: without it texts cannot leave",
    "FHIR_BASE_URL": "the FHIR R4 base address of the EHR",
    "FHIR_TOKEN": "a bearer token for the EHR's FHIR server",
    "EHR_NOTIFY_TOKEN": "the bearer token that the EHR's change notifications carry",
}


class Settings(BaseSettings):
    """Every setting there is. None means not set; `need` turns a missing one into a sentence."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    database_url: SecretStr | None = None
    database_owner_url: SecretStr | None = None
    redis_url: SecretStr | None = None
    public_base_url: str | None = None
    secret_keys: SecretStr | None = None

    slack_bot_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_client_id: str | None = None
    slack_client_secret: SecretStr | None = None
    slack_posts_per_second: float = Field(default=1, gt=0)
    slack_api_base_url: str = "https://slack.com/api/"
    slack_authorize_url: str = "https://slack.com/oauth/v2/authorize"

    twilio_account_sid: str | None = None
    twilio_auth_token: SecretStr | None = None
    twilio_messaging_service_sid: str | None = None
    twilio_api_base_url: str | None = None
    twilio_segments_per_second: float = Field(default=3.75, gt=0)

    fhir_base_url: str | None = None
    fhir_token: SecretStr | None = None
    ehr_notify_token: SecretStr | None = None
    ehr_poll_s: float = Field(default=60, gt=0)

    slack_baa: bool = False
    careloop_demo: bool = False
    log_level: str = "info"
    port: int = Field(default=8701, ge=1, le=65535)
    host: str = "127.0.0.1"

    def need(self, *names: str) -> None:
        """Raise Misconfigured for the first of these settings that is not set, naming it and what belongs there."""
        for name in names:
            if getattr(self, name.lower()) in (None, ""):
                raise Misconfigured(f"{name} is not set", fix=f"Set it to {HELP.get(name, 'its value')}.")
        for name in (
            "PUBLIC_BASE_URL",
            "SLACK_API_BASE_URL",
            "SLACK_AUTHORIZE_URL",
            "TWILIO_API_BASE_URL",
            "FHIR_BASE_URL",
        ):
            value = getattr(self, name.lower())
            if name in names and value:
                refuse_plain_http(name, value)

    def secret(self, name: str) -> str:
        """The clear value of one secret setting that `need` has asked for."""
        self.need(name)
        value = getattr(self, name.lower())
        return str(value.get_secret_value() if isinstance(value, SecretStr) else value)

    @cached_property
    def public_origin(self) -> str:
        """PUBLIC_BASE_URL without a trailing slash."""
        self.need("PUBLIC_BASE_URL")
        return str(self.public_base_url).rstrip("/")


def refuse_plain_http(name: str, url: str) -> None:
    """Patient data travels encrypted: plain http only to this machine."""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    loopback = parts.hostname in {"127.0.0.1", "localhost", "::1"}
    if parts.hostname and (parts.scheme == "https" or (parts.scheme == "http" and loopback)):
        return
    raise Misconfigured(f"{name} is not an https address", fix="Use https; plain http is accepted only for 127.0.0.1.")
