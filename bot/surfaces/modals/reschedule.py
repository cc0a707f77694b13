"""Pick a new time."""

from collections.abc import Mapping
from datetime import timedelta

from bot.blocks import View
from bot.modals import reschedule as form
from bot.surfaces import worst


def lines(level: str) -> Mapping[str, View]:
    """Whom it is about, as far as the level goes."""
    line = worst.patient_line(level)
    asking = form.Asking(worst.case(), 9_999_999, worst.LONG, worst.NOW, worst.ZONE, line)
    begins = [worst.later(days=300, hours=number) for number in range(300)]
    slots = [
        form.SlotChoice(worst.record("slt", number), at, at + timedelta(minutes=30), worst.PERSON)
        for number, at in enumerate(begins)
    ]
    return {"full": form.build(asking, slots), "nothing_free": form.build(asking, [])}
