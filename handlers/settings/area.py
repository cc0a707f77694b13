"""What one area of the settings is made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from bot.blocks import View
from bot.modals import settings
from handlers.edge import Act, After, Click, Show
from workflows.roles import Verb, demand
from workflows.staff import Who


@dataclass(frozen=True, slots=True)
class Area:
    """One row of the settings: its title, how it stands now in a line (safe mrkdwn), the window behind it, and what that does."""

    code: str
    title: str
    stands: Callable[[Session], str]
    window: Callable[[Session, Who], View]
    label: str = "Change"
    actions: Mapping[str, Act] = field(default_factory=dict)
    forms: Mapping[str, Act] = field(default_factory=dict)

    @property
    def action(self) -> str:
        """Of the button that leads there."""
        return settings.PREFIX + self.code

    def open(self, session: Session, _click: Click, who: Who) -> After:
        """The window, for an admin."""
        demand(who.role, Verb.SETTINGS)
        return Show(self.window(session, who))
