"""`/outreach VERB …`: one file a verb in this folder, exporting `VERB`. Discovered at boot; a duplicate stops the start."""

import importlib
import pkgutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from sqlalchemy.orm import Session

from handlers.commands import Command, Said
from workflows.staff import Who


@dataclass(frozen=True, slots=True)
class Verb:
    """`usage` is one line of the help; `answer(session, rest, who)` gets what was typed after the verb."""

    name: str
    usage: str
    answer: Callable[[Session, str, Who], Said]


@cache
def verbs() -> dict[str, Verb]:
    """Every verb of this folder by its name."""
    found: dict[str, Verb] = {}
    for module in pkgutil.iter_modules(sys.modules[__name__].__path__):
        verb: Verb = importlib.import_module(f"{__name__}.{module.name}").VERB
        if verb.name in found:
            raise ValueError(f"two verbs are named {verb.name}")
        found[verb.name] = verb
    return found


def answer(session: Session, text: str, who: Who) -> Said:
    """Dispatch on the first word; anything else gets the usage."""
    name, _, rest = text.partition(" ")
    verb = verbs().get(name)
    if verb is None:
        return "\n".join(verb.usage for _, verb in sorted(verbs().items()))
    return verb.answer(session, rest.strip(), who)


COMMAND = Command("/outreach", answer)
