"""`/outreach VERB …`: one file a verb in this folder, exporting `VERB`. Discovered at boot; a duplicate stops the start."""

import difflib
import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import parse
from handlers.commands import Command, Said, case_number
from workflows import cases
from workflows.roles import TABLE, Role
from workflows.roles import Verb as Right
from workflows.staff import Who

PATIENT, STOP, DAY, MANAGE, MORE = "One patient", "Stop and go on", "Today and tomorrow", "Run and set up", "More"
GROUPS = (PATIENT, STOP, DAY, MANAGE, MORE)
CLOSE = 0.6  # how alike a word must be to be what was meant
OTHERS = {
    Right.READ_CASE: "`/worklist`: what is most urgent, with Claim.",
    Right.LAUNCH: "`/recall help`: cohorts and campaigns.",
    Right.SEE_KPIS: "`/kpi`: what came of the last 7 days.",
}


@dataclass(frozen=True, slots=True)
class Verb:
    """`usage` is one line of the help; `answer(session, rest, who)` gets what was typed after the verb.

    `group` is where the help lists it, `needs` who finds it there: the answer itself asks the role again.
    """

    name: str
    usage: str
    answer: Callable[[Session, str, Who], Said]
    group: str = MORE
    needs: Right = Right.READ_CASE


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
    """Dispatch on the first word; anything else gets the help, with what was probably meant. What was typed is never said back."""
    name, _, rest = text.partition(" ")
    name = name.casefold().replace("_", "-")
    verb = verbs().get(name)
    if verb is not None:
        return verb.answer(session, rest.strip(), who)
    return "\n".join([*unknown("/outreach", name, verbs()), help_for(who.role)])


def enrollment_of(session: Session, words: str) -> UUID | None:
    """The enrollment that "1042", "case 1042", "cas_…" or "enr_…" means; None for other words. Refused when there is none behind it."""
    asked = words.removeprefix("case ")
    number = case_number(asked)
    if number is None and not asked.startswith(("enr_", "cas_")):
        return None
    if asked.startswith("enr_"):
        return parse("enr", asked)
    case = cases.get(session, parse("cas", asked)) if number is None else cases.by_number(session, number)
    if case.enrollment_id is None:
        raise Refused(f"Case {case.number} has no program behind it. Nothing was changed.")
    return case.enrollment_id


def unknown(command: str, name: str, known: Iterable[str]) -> list[str]:
    """The sentence before the help, for a word that is none of ours: the nearest of them. Nothing when no word was typed."""
    if not name:
        return []
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=CLOSE)
    return [f"Did you mean `{command} {near[0]}`?" if near else "Nothing was changed: that is none of these."]


def help_for(role: Role) -> str:
    """What this role can ask for, grouped by what people want to do."""
    mine = [verb for _, verb in sorted(verbs().items()) if verb.needs in TABLE[role]]
    if not mine:
        return "Your role has no commands here: Careloop's audit is read with `app.py audit`."
    lines: list[str] = []
    for group in GROUPS:
        of_group = [verb.usage for verb in mine if verb.group == group]
        lines += [f"*{group}*", *of_group] if of_group else []
    others = [usage for right, usage in OTHERS.items() if right in TABLE[role]]
    return "\n".join([*lines, "*Other commands*", *others])


COMMAND = Command("/outreach", answer, "Ask Careloop about outreach and cases", "help")
