"""Find a patient: the search, what was found, and her window."""

from collections.abc import Mapping

from bot.blocks import View
from bot.modals import lookup as form
from bot.surfaces import worst


def lines(level: str) -> Mapping[str, View]:
    """At level none Slack is sent none of these; drawn there, they name nobody."""
    who = worst.patient_line(level) or "The patient"
    rows = [form.Row(worst.record("pat", n), who) for n in range(form.ROWS + 1)]
    said = [(label, worst.LONG) for label in ("Visits", "Texts", "Open programs", "Last texts", "Open cases")]
    face = form.Face(worst.record("pat"), who, said, worst.LONG, running=True)
    return {
        "search": form.search(),
        "found": form.results(rows),
        "nobody": form.results([]),
        "window": form.window(face),
    }
