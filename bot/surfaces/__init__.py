"""Every surface Slack can be given, drawn from the worst rows there can be: for any Block Kit checker, and for our own tests.

A kind of card needs no line here. A modal has a file of its name in `modals/`, exporting `lines(level)`; other messages stand in
`messages.py`, the Home in `home.py`.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.surfaces import cards, home, messages, modals, worst

__all__ = ["Surface", "every", "modal_files"]


@dataclass(frozen=True, slots=True)
class Surface:
    """One thing as the API gets it: `payload` is the message's arguments, or the view."""

    surface: str
    name: str
    phi_level: str
    payload: dict[str, Any]


def every() -> Iterator[Surface]:
    """All kinds and variants at each level: none, initials, full."""
    for level in worst.LEVELS:
        for maker in (cards, messages):
            for name, payload in maker.lines(level).items():
                yield Surface("message", name, level, payload)
        for file in modal_files():
            found = importlib.import_module(f"{modals.__name__}.{file}").lines(level)
            for variant, view in found.items():
                yield Surface("modal", f"modal.{file}.{variant}", level, view)
        for variant, view in home.lines(level).items():
            yield Surface("home", f"home.{variant}", level, view)


def modal_files() -> list[str]:
    """The modals that have lines here."""
    return sorted(found.name for found in pkgutil.iter_modules(modals.__path__))
