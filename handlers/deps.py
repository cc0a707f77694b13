"""What the ways in work with, composed once a process by app.py."""

from dataclasses import dataclass, field

from redis import Redis

from core.settings import Settings
from handlers.bells import Bells
from handlers.pacer import Pacer
from handlers.vendors import Vendors
from storage.db import Database
from workflows.sending import Patience


@dataclass(frozen=True)
class Deps:
    """Handed to web and jobs alike."""

    settings: Settings
    db: Database
    redis: Redis
    bells: Bells
    pacer: Pacer
    vendors: Vendors
    patience: Patience = field(default_factory=Patience)


_current: list[Deps] = []


def use(deps: Deps) -> None:
    """Set this process's dependencies (RQ calls its jobs by name, so they cannot be handed over)."""
    _current[:] = [deps]


def current() -> Deps:
    """This process's dependencies."""
    return _current[0]
