"""The organisation's short texts: what approved answers say about it, in both languages."""

import re
from collections.abc import Mapping

from sqlalchemy.orm import Session

from core.errors import Misconfigured, Refused
from workflows.organising import changes
from workflows.organising.changes import FILE, By

KEY = "facts"
LONGEST = 160
LANGUAGES = {"en": "English", "es": "Spanish"}
FACTS = {
    "hours": "When you are open",
    "address": "Where you are",
    "parking": "Parking",
    "visitors": "Who may come along",
}
"""Facts that built-in answers stand on; answers of one's own may stand on others."""
_NAME = re.compile(r"[a-z][a-z_]{0,39}")

Facts = Mapping[str, Mapping[str, str]]


def of(session: Session) -> dict[str, dict[str, str]]:
    """{fact: {language: words}} as they are kept."""
    found: dict[str, dict[str, str]] = changes.current(session).settings.get(KEY, {})
    return found


def keep(session: Session, facts: Facts, *, by: By = FILE) -> None:
    """Say this from now on; a fact left out is not said. Raises Misconfigured naming what is wrong, or Refused when stale."""
    organisation = changes.lock(session)
    before = organisation.settings.get(KEY, {})
    changes.demand_unseen(session, by, area=KEY, about="organisation", before=before)
    after = {
        name: {language: _checked(name, language, said) for language, said in one.items()}
        for name, one in facts.items()
    }
    changes.record(session, by, area=KEY, about="organisation", before=before, after=after)
    changes.put(organisation, KEY, after)


def refused(error: Misconfigured) -> Refused:
    """What a person is told of words that cannot be said."""
    return Refused(f"{error}. {error.fix} Nothing was saved.")


def _checked(name: str, language: str, said: str) -> str:
    if not _NAME.fullmatch(name) or language not in LANGUAGES:
        raise Misconfigured(f"the fact {name}.{language} is not known", fix="See docs/words.md.")
    if not isinstance(said, str) or not said.strip() or len(said) > LONGEST:
        raise Misconfigured(f"{FACTS.get(name, name)} is empty or too long", fix=f"Use 1 to {LONGEST} characters.")
    if re.search(r"[{}\n\r]", said):
        raise Misconfigured(f"{FACTS.get(name, name)} has a brace or a new line", fix="Write one line of plain words.")
    return said.strip()
