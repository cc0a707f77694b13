"""Slack installs by OAuth: who may bind a workspace, what Slack granted, and which workspaces are an organisation's. Machine time."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.columns import OrgRow, org, to


class InstallInvitation(OrgRow):
    """Lets whoever has its token bind one install to this organisation, once. The token itself is not kept."""

    __tablename__ = "install_invitations"
    __table_args__ = (org(), UniqueConstraint("org_id", "token_hash"))

    token_hash: Mapped[bytes]
    made_by: Mapped[str]  # as the audit names them
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class InstallState(OrgRow):
    """OAuth's `state`: of one browser, for ten minutes, used once. Neither it nor the browser's secret is kept."""

    __tablename__ = "install_states"
    __table_args__ = (org(), to("invitation_id", "install_invitations"), UniqueConstraint("org_id", "token_hash"))

    token_hash: Mapped[bytes]
    browser_hash: Mapped[bytes]
    invitation_id: Mapped[UUID]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SlackInstall(OrgRow):
    """One install: of a workspace, or of a whole Enterprise organisation. A re-install renews the row; one that ended keeps no token."""

    __tablename__ = "slack_installs"
    __table_args__ = (
        org(),
        UniqueConstraint("org_id", "place"),
        Index("ix_slack_installs_expires", "org_id", "expires_at", postgresql_where=text("ended_at IS NULL")),
    )

    place: Mapped[str]  # T… or E…
    org_wide: Mapped[bool]
    enterprise_id: Mapped[str | None]
    name: Mapped[str]
    app_id: Mapped[str]
    bot_id: Mapped[str]
    bot_user_id: Mapped[str]
    scopes: Mapped[list[str]]
    bot_token: Mapped[bytes | None]
    refresh_token: Mapped[bytes | None]
    expires_at: Mapped[datetime | None]  # of the bot token; NULL: it does not expire
    generation: Mapped[int] = mapped_column(
        server_default=text("1")
    )  # of the tokens: who writes newer ones names those they replace
    lease_until: Mapped[datetime | None]  # somebody is asking Slack for newer ones
    refused: Mapped[str | None]  # Slack's word when it gave none and never will
    installed_by: Mapped[str]  # a Slack account
    installed_at: Mapped[datetime]
    installs: Mapped[int] = mapped_column(server_default=text("1"))
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str | None]  # uninstalled, revoked, disconnected, replaced


class SlackWorkspace(OrgRow):
    """A workspace that is this organisation's. `people`: the workspace under which its people are known (one Enterprise, same accounts)."""

    __tablename__ = "slack_workspaces"
    __table_args__ = (org(), UniqueConstraint("org_id", "team_id"))

    team_id: Mapped[str]
    enterprise_id: Mapped[str | None]  # reached by the install of this Enterprise organisation, whoever's row that is
    people: Mapped[str]
    added_by: Mapped[str]
    added_at: Mapped[datetime]
    cut_at: Mapped[datetime | None]  # since when Slack gives us no access to it
