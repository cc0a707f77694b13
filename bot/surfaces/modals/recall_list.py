"""`/recall csv`: the form, and what became of the rows."""

from collections.abc import Mapping

from bot.blocks import View
from bot.modals import recall_list as form
from bot.surfaces import worst


def lines(_level: str) -> Mapping[str, View]:
    """Counts and line numbers at every level."""
    counts = {"rows": 50_000, "members": 1, "new_patients": 9_999, "low_confidence": 9_999, "consents": 9_999}
    codes = [*form.PROBLEMS, worst.LONG, worst.WORD, "another"]
    rejected = [(line, codes[line % len(codes)]) for line in range(2, 50_000)]
    return {"form": form.build(), "answer": form.answer(worst.record("coh"), counts, rejected, again=True)}
