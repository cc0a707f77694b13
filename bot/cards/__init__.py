"""One file per kind of case. A new kind is a new file here that exports `CARD`; nothing else has to be told."""

import importlib
import pkgutil
import sys
from functools import cache
from types import ModuleType

from bot.blocks import Message
from bot.cards.view import Card, CardView
from core.errors import Permanent

_NOT_KINDS = frozenset({"view", "layout"})


def discover(package: ModuleType | None = None) -> dict[str, Card]:
    """Find every kind of card; a duplicate, or a file without `CARD`, stops the start by name. Call it at boot."""
    package = package or sys.modules[__name__]
    found: dict[str, Card] = {}
    homes: dict[str, str] = {}
    for module in pkgutil.iter_modules(package.__path__):
        if module.name in _NOT_KINDS:
            continue
        card = getattr(importlib.import_module(f"{package.__name__}.{module.name}"), "CARD", None)
        if not isinstance(card, Card):
            raise TypeError(f"{package.__name__}.{module.name} does not export CARD")
        if card.kind in found:
            raise ValueError(f"two cards for kind {card.kind!r}: {homes[card.kind]} and {module.name}")
        found[card.kind], homes[card.kind] = card, module.name
    return found


@cache
def _kinds() -> dict[str, Card]:
    return discover()


def build(view: CardView) -> Message:
    """Draw the card of a case as it is now; a kind nobody draws is Permanent, so that a person is told."""
    card = _kinds().get(view.kind)
    if card is None:
        raise Permanent(f"no card draws cases of kind {view.kind!r}", code="unknown_kind")
    return card.build(view)
