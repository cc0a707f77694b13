"""What approved answers say about the clinic."""

from sqlalchemy.orm import Session

from bot.blocks import View
from bot.modals import settings_words as form
from core.errors import Misconfigured
from handlers.edge import After, Click, Replace
from handlers.settings.area import Area
from handlers.settings.listing import listing
from workflows.organising import changes, words
from workflows.organising.changes import By
from workflows.roles import Verb, demand
from workflows.staff import Who

TITLE = "Wording"


def window(session: Session, _who: Who) -> View:
    """A field a fact and language."""
    facts = words.of(session)
    return form.build(facts, words.FACTS, words.LANGUAGES, mark=changes.mark(facts))


def save(session: Session, click: Click, who: Who) -> After:
    """The form's Save; facts that the form does not ask for stay."""
    demand(who.role, Verb.SETTINGS)
    mark, said = form.parse_submission(click.view, words.FACTS, words.LANGUAGES)
    others = {name: texts for name, texts in words.of(session).items() if name not in words.FACTS}
    try:
        words.keep(session, others | said, by=By(who.actor, mark))
    except Misconfigured as error:
        raise words.refused(error) from error
    return Replace(listing(session, who, said="Saved. Patients who ask read it from now on."))


def _summary(session: Session) -> str:
    facts = words.of(session)
    missing = [title for name, title in words.FACTS.items() if set(facts.get(name, {})) != set(words.LANGUAGES)]
    return (
        f":warning: Not said in both languages: {', '.join(missing).lower()}"
        if missing
        else "All said, in both languages."
    )


AREA = Area(code="words", title=TITLE, stands=_summary, window=window, forms={form.CALLBACK: save})
