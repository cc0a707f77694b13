"""What the local Slack is made of, as plain values."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Channel:
    id: str
    name: str
    private: bool = False
    shared: bool = False
    members: tuple[str, ...] = ()
    archived: bool = False


@dataclass(frozen=True)
class Person:
    id: str
    name: str
    title: str = ""
    email: str = ""
    guest: str = ""
    """"single" or "multi": how many channels a guest may see; empty for a member."""
    deleted: bool = False
    stranger: bool = False
    """Of another company, met in a shared channel."""
    team: str = ""
    """The workspace, where it is not this one."""


@dataclass(frozen=True)
class UserGroup:
    id: str
    users: tuple[str, ...] = ()
    disabled: bool = False


@dataclass(frozen=True)
class OAuthApp:
    """How the app is installed by OAuth, as its manifest has it."""

    client_id: str
    client_secret: str
    redirect_urls: tuple[str, ...]
    rotates: bool = False
    org_wide: bool = False


@dataclass(frozen=True)
class SlackConfig:
    """One workspace with one app installed. `base_url` is where the sandbox itself is reached, no slash at its end.

    `retry_scale` shrinks the event retry delays (seconds) so that tests need not wait; `tier_factor` multiplies the
    published per-minute limits, which Slack itself treats loosely; `ack_s` is Slack's patience with an answer.
    """

    team_id: str
    team_name: str
    bot_token: str
    app_id: str
    bot_user_id: str
    signing_secret: str
    events_url: str
    interactivity_url: str
    commands_url: str
    scopes: frozenset[str]
    base_url: str
    channels: tuple[Channel, ...] = ()
    users: tuple[Person, ...] = ()
    user_groups: tuple[UserGroup, ...] = ()
    oauth: OAuthApp | None = None
    enterprise_id: str = ""
    enterprise_name: str = ""
    app_token: str = ""
    """The app-level token (xapp-…); without one there is no Socket Mode."""
    shortcuts: tuple[
        tuple[str, str, str], ...
    ] = ()  # (global or message, callback id, name), as the app's manifest has them
    post_per_second: float = 1.0
    post_burst: int = 3
    tier_factor: float = 2.0
    retry_delays_s: tuple[float, ...] = field(default=(0.0, 60.0, 300.0))
    retry_scale: float = 1.0
    ack_s: float = 3.0
    native_charts: bool = False
    """Whether the workspace takes `data_visualization` yet: the roll-out is in phases."""
    file_scan_s: float = 0.0
    """How long Slack looks through an upload after it said ok; until then the file has no kind and stands nowhere."""

    @property
    def bot_id(self) -> str:
        return "B" + self.bot_user_id[1:]
