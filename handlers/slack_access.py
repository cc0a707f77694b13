"""By which token an organisation speaks to Slack: its live install, the install of its Enterprise organisation, or a pasted one."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from bot.manifest import REDIRECT_PATH
from bot.oauth import WRONG_APP, App, OAuth, alive, demand
from core import log
from core.errors import Misconfigured, Permanent, Temporary
from core.settings import Settings
from storage.db import Database
from workflows import slack_installs, slack_tokens
from workflows.slack_installs import ENTERPRISE, Access
from workflows.slack_tokens import Turn

NOT_INSTALLED = "not_installed"
KEEP_TRIES = 5


@dataclass(frozen=True, slots=True)
class Held:
    """An organisation's access, and whose row it is: an Enterprise organisation's install may be another organisation's."""

    owner: UUID
    access: Access = field(repr=False)


@dataclass
class SlackAccess:
    """Finds and renews tokens. Nothing here holds a transaction open while Slack is asked."""

    db: Database
    settings: Settings

    def oauth(self) -> OAuth:
        """Our app. Misconfigured when its client id or secret is not set."""
        demand(
            self.settings.slack_client_id,
            self.settings.slack_client_secret.get_secret_value() if self.settings.slack_client_secret else None,
        )
        self.settings.need("SLACK_AUTHORIZE_URL", "SLACK_API_BASE_URL")
        return OAuth(
            App(
                client_id=str(self.settings.slack_client_id),
                client_secret=self.settings.secret("SLACK_CLIENT_SECRET"),
                authorize_url=self.settings.slack_authorize_url,
                api_base_url=self.settings.slack_api_base_url,
                redirect_uri=f"{self.settings.public_origin}{REDIRECT_PATH}",
            )
        )

    def alive(self, token: str) -> str:
        """Empty when Slack takes this token, else its word for why not. It is no secret of ours that asks, so no setting is needed."""
        return alive(token, api_base_url=self.settings.slack_api_base_url)

    def held(self, org: UUID) -> Held | None:
        """The live install by which an organisation speaks; None when it has none."""
        with self.db.begin(org=org) as session:
            mine = slack_installs.access(session)
            enterprise = None if mine else slack_installs.borrowed(session)
        if mine is not None:
            return Held(org, mine)
        owner = self.db.route(ENTERPRISE, enterprise) if enterprise else None
        if owner is None or owner == org:
            return None
        with self.db.begin(org=owner) as session:
            theirs = slack_installs.access(session, enterprise)
        return Held(owner, theirs) if theirs else None

    def ended(self, org: UUID) -> bool:
        """Whether this organisation's Slack came by OAuth; asked when there is no live install."""
        with self.db.begin(org=org) as session:
            return slack_installs.was_installed(session)

    def renewed(self, org: UUID, spent: str, code: str) -> str | None:
        """The token that counts now instead of one that Slack refused; None when there is no other."""
        held = self.held(org)
        if held is None:
            return None
        if held.access.token != spent:
            return held.access.token
        return self.rotate(held.owner, held.access.id) if code == "token_expired" else None

    def rotate(self, owner: UUID, install: UUID) -> str | None:
        """Ask for newer tokens and keep them; the new one, or None when Slack gives none. Temporary when somebody else is asking."""
        with self.db.begin(org=owner) as session:
            turn = slack_tokens.take(session, install)
            live = slack_installs.place_of(session, install) is not None
        if turn is None:
            if live:
                raise Temporary(
                    "somebody else renews Slack's token, or there is none to renew it with", retry_after_s=2
                )
            return None
        try:
            fresh = self._asked(turn)
        except Permanent as error:
            self._refused(owner, turn, error.code)
            return None
        except (Temporary, Misconfigured) as error:
            with self.db.begin(org=owner) as session:
                slack_tokens.give_back(session, turn, ours=isinstance(error, Misconfigured))
            raise
        return fresh.token if self._keep(owner, turn, fresh) else None

    def _asked(self, turn: Turn) -> slack_tokens.Fresh:
        try:
            return self.oauth().refresh(turn.refresh_token)
        except Permanent as error:
            if error.code not in WRONG_APP:
                raise
            raise Misconfigured(
                f"Slack does not take our client id and secret ({error.code})",
                fix="Set SLACK_CLIENT_ID and SLACK_CLIENT_SECRET to those of the app's Basic Information page.",
            ) from None

    def _keep(self, owner: UUID, turn: Turn, fresh: slack_tokens.Fresh) -> bool:
        """The old pair is spent: what Slack gave must not be lost to a hiccup of the database."""
        for left in reversed(range(KEEP_TRIES)):
            try:
                with self.db.begin(org=owner) as session:
                    kept = slack_tokens.settle(session, turn, fresh)
            except SQLAlchemyError as error:
                log.get().error("slack.token_not_kept", error=type(error).__name__, attempts=KEEP_TRIES - left)
                if not left:
                    raise
            else:
                log.get().info("slack.token_renewed", org=owner, state="kept" if kept else "late")
                return kept
        return False

    def _refused(self, owner: UUID, turn: Turn, code: str) -> None:
        log.get().error("slack.token_refused", org=owner, code=code)
        with self.db.begin(org=owner) as session:
            slack_tokens.refuse(session, turn, code=code)
