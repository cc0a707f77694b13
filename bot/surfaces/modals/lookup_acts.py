"""The forms of a patient's window."""

from collections.abc import Mapping

from bot.blocks import View
from bot.modals import lookup_acts as form
from bot.surfaces import worst


def lines(_level: str) -> Mapping[str, View]:
    """The patient is an id on each."""
    patient, words = worst.record("pat"), {"one": worst.LONG, "two": worst.LONG}
    return {
        "stop": form.stop(patient, words),
        "program": form.program(patient, worst.choices(300, "enr"), words),
        "number": form.number(patient),
        "language": form.language(patient, words),
    }
