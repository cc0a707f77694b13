"""The vendors of each organisation, connected by its own sealed credentials."""

import json
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bot.gateway import Gateway
from core import clock
from core.errors import Misconfigured
from core.settings import Settings
from handlers.slack_access import NOT_INSTALLED, SlackAccess
from integrations.channels.ports import SmsChannel
from integrations.channels.sms import TwilioAccount, TwilioSms
from integrations.ehr.fhir import FhirClient
from integrations.opinions import KINDS, Account, Reader
from storage.db import Database, new_id, org_of, vault
from storage.tables import Connection
from workflows import slack_installs

REMEMBER_S = 30.0  # a credential that was replaced counts from then on, in every process


@dataclass
class Vendors:
    """Clients by organisation, made on first use and kept; safe between threads."""

    db: Database
    settings: Settings
    _known: dict[tuple[str, UUID], Any] = field(default_factory=dict)
    _opened: dict[tuple[str, UUID], tuple[float, dict[str, Any]]] = field(default_factory=dict, repr=False)
    _owners: dict[tuple[str, str], UUID] = field(default_factory=dict)
    _people: dict[tuple[UUID, str], str] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    @property
    def slack_access(self) -> SlackAccess:
        """Where an organisation's Slack token comes from."""
        return SlackAccess(self.db, self.settings)

    def slack(self, org: UUID) -> Gateway:
        """The organisation's Slack. Its token is read anew each half minute: another process may have renewed it, or an admin."""
        token = self.secret(org, "slack", "bot_token")
        with self._lock:
            known: tuple[str, Gateway] | None = self._known.get(("slack", org))
            if known is None or known[0] != token:
                known = self._known[("slack", org)] = (token, self._slack(org, token))
            return known[1]

    def people(self, org: UUID, team: str) -> str:
        """The workspace under which the people of this one are on the staff list. Remembered like `owner`."""
        found = self._people.get((org, team))
        if found is None:
            with self.db.begin(org=org) as session:
                found = self._people[(org, team)] = slack_installs.people_of(session, team)
        return found

    def sms(self, org: UUID) -> SmsChannel:
        """The organisation's text channel."""
        found: SmsChannel = self._get("twilio", org, self._twilio)
        return found

    def ehr(self, org: UUID) -> FhirClient:
        """The organisation's EHR."""
        found: FhirClient = self._get("fhir", org, self._fhir)
        return found

    def model(self, org: UUID) -> "Model":
        """The organisation's language model for second opinions. Raises Misconfigured when no BAA is attested for it."""
        found: Model = self._get("opinion", org, _model)
        return found

    def forget(self, kind: str, org: UUID) -> None:
        """Read the credentials again at the next use: the vendor refused those we have, and an admin may have replaced them."""
        with self._lock:
            self._known.pop((kind, org), None)
            self._opened.pop((kind, org), None)

    def secret(self, org: UUID, kind: str, name: str) -> str:
        """One credential, for checking a signature; asked for at every webhook, so it is opened once in half a minute."""
        opened_s, config = self._opened.get((kind, org), (0.0, {}))
        if not config or clock.monotonic() - opened_s > REMEMBER_S:
            config = self._config(kind, org)
            self._opened[(kind, org)] = (clock.monotonic(), config)
        return str(config[name])

    def owner(self, kind: str, key: str) -> UUID | None:
        """Whose Slack workspace or Twilio account this is; None when nobody's. Remembered, since neither changes hands."""
        found = self._owners.get((kind, key))
        if found is None:
            found = self.db.route(kind, key)
            if found is not None:
                self._owners[(kind, key)] = found
        return found

    def _get(self, kind: str, org: UUID, make: Any) -> Any:
        with self._lock:
            if (kind, org) not in self._known:
                self._known[(kind, org)] = make(self._config(kind, org))
            return self._known[(kind, org)]

    def _config(self, kind: str, org: UUID) -> dict[str, Any]:
        held = self.slack_access.held(org) if kind == "slack" else None
        if held is not None:
            mine = held.access
            return {"bot_token": mine.token, "bot_id": mine.bot_id, "bot_user_id": mine.bot_user_id}
        with self.db.begin(org=org) as session:
            row = session.scalar(select(Connection).where(Connection.org_id == org, Connection.kind == kind))
            if row is None and kind == "slack" and slack_installs.was_installed(session):
                raise Misconfigured(
                    "Slack gives us no access any more",
                    fix="An admin connects it again on the signed-in page, Slack.",
                    code=NOT_INSTALLED,
                )
            if row is None:
                raise Misconfigured(
                    f"the organisation has no {kind} connection", fix="Run `app.py organisation connect`."
                )
            config: dict[str, Any] = json.loads(vault(session).open(row.config, "connections.config", row.id))
            return config

    def _slack(self, org: UUID, token: str) -> Gateway:
        def renew(spent: str, code: str) -> str | None:
            newer = self.slack_access.renewed(org, spent, code)
            if newer is not None:
                self.forget("slack", org)
            return newer

        return Gateway(token, base_url=self.settings.slack_api_base_url, renew=renew)

    def _twilio(self, config: dict[str, Any]) -> SmsChannel:
        return TwilioSms(
            TwilioAccount(
                account_sid=config["account_sid"],
                auth_token=config["auth_token"],
                messaging_service_sid=config["messaging_service_sid"],
                api_base_url=self.settings.twilio_api_base_url,
                status_url=f"{self.settings.public_origin}/twilio/status",
            )
        )

    def _fhir(self, config: dict[str, Any]) -> FhirClient:
        return FhirClient(config["base_url"], token=partial(str, config["token"]))


@dataclass(frozen=True, slots=True)
class Model:
    """A language model with what it is called."""

    kind: str
    name: str
    reader: Reader


def _model(config: dict[str, Any]) -> Model:
    """Raises Misconfigured: patients' words leave only under an agreement, and only to a shape of address that we know."""
    if config.get("baa") is not True:
        raise Misconfigured(
            "a language model is named, and nobody has attested that its vendor is under a business associate agreement",
            fix='Write "baa": true under opinion in the organisation file once there is one, or "opinion": "off".',
        )
    kind = KINDS.get(config["kind"])
    if kind is None:
        raise Misconfigured(
            f"there is no kind {config['kind']} of language model", fix=f"It is one of {', '.join(KINDS)}."
        )
    reader = kind.connect(Account(config["url"], config["model"], config["key"]))
    return Model(kind.name, config["model"], reader)


def check_model(config: dict[str, Any]) -> None:
    """Raises Misconfigured, or KeyError for what is missing, before a model is kept."""
    _model(config).reader.close()


def connect(session: Session, kind: str, config: dict[str, Any]) -> None:
    """Keep an organisation's credentials for one vendor, sealed; what was kept before is replaced."""
    row = session.scalar(
        select(Connection.id).where(Connection.org_id == org_of(session), Connection.kind == kind)
    ) or new_id(session)
    sealed = vault(session).seal(json.dumps(config), "connections.config", row)
    statement = insert(Connection).values(org_id=org_of(session), id=row, kind=kind, config=sealed)
    session.execute(statement.on_conflict_do_update(index_elements=["org_id", "kind"], set_={"config": sealed}))
