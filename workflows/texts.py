"""The organisation's approved words to patients, and the one way to fill any text."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from core.errors import Misconfigured, Refused
from workflows.segments import straighten

_FILE = Path(__file__).with_name("texts.yaml")
_DAYS = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "es": ("lun", "mar", "mié", "jue", "vie", "sab", "dom"),
}
_VISITS = {"en": ("visit", "follow-up visit"), "es": ("cita", "cita de control")}
_MONTHS = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "es": ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"),
}


class Untranslated(Refused):
    """No approved variant in the patient's language: no text leaves, an interpreter's call is needed (P8)."""

    def __init__(self, key: str, language: str) -> None:
        super().__init__(f"There is no approved '{key}' text in language '{language}'. Nothing was sent. Call instead.")
        self.key = key
        self.language = language


@dataclass(frozen=True, slots=True)
class OrganisationText:
    """One text outside any program; `variants` by language, `approved_by` None while it is a draft."""

    variants: dict[str, str]
    approved_by: str | None


def say(key: str, language: str, **values: str) -> str:
    """The organisation's text `key`, filled; never another language than asked for (P8).

    Raises Untranslated without that variant, Misconfigured for an unknown key or a placeholder without value.
    """
    text = organisation_texts().get(key)
    if text is None:
        raise Misconfigured(f"There is no text '{key}'", fix="Add it to texts.yaml.")
    return fill(variant(text.variants, key, language), **values)


def variant(variants: dict[str, str], key: str, language: str) -> str:
    """One language's template; a region counts as its language ("es-MX" reads "es"). Raises Untranslated."""
    code = language.replace("_", "-").split("-")[0].lower()
    if code not in variants:
        raise Untranslated(key, language)
    return variants[code]


def fill(template: str, **values: str) -> str:
    """Put values in place and straighten the result, so that it costs what lint counted. Raises Misconfigured."""
    missing = placeholders(template) - values.keys()
    if missing:
        raise Misconfigured(
            f"No value for {{{'}, {'.join(sorted(missing))}}}", fix="Pass it where the text is planned."
        )
    return straighten(template.format_map(values))


@lru_cache(maxsize=1024)
def placeholders(template: str) -> frozenset[str]:
    """The names in braces. Raises Misconfigured when braces do not match."""
    try:
        return frozenset(name for _, name, _, _ in Formatter().parse(template) if name is not None)
    except ValueError as error:
        raise Misconfigured("A text has unmatched braces", fix="Write placeholders like {clinic}.") from error


def when_label(start: datetime, zone: str, language: str) -> str:
    """A visit's time in the patient's words: "Tue Dec 8, 3:00 pm", "mar 8 dic, 3:00 pm"; `start` is aware.

    "sab" stands without its accent: with it, every Saturday text would cost double (GSM-7 has no á). Raises Untranslated.
    """
    code = language.replace("_", "-").split("-")[0].lower()
    if code not in _DAYS:
        raise Untranslated("when", language)
    local = start.astimezone(ZoneInfo(zone))
    day, month = _DAYS[code][local.weekday()], _MONTHS[code][local.month - 1]
    date = f"{day} {month} {local.day}" if code == "en" else f"{day} {local.day} {month}"
    return f"{date}, {local.hour % 12 or 12}:{local.minute:02d} {'am' if local.hour < 12 else 'pm'}"


def visit_words(kind: str | None, language: str) -> str:
    """The visit as a text may call it: its kind where that tells a stranger nothing (P1), else just "visit". Raises Untranslated."""
    code = language.replace("_", "-").split("-")[0].lower()
    if code not in _VISITS:
        raise Untranslated("visit", language)
    plain, follow_up = _VISITS[code]
    return follow_up if kind is not None and "follow" in kind.lower() else plain


@lru_cache(maxsize=1)
def organisation_texts() -> dict[str, OrganisationText]:
    """Every organisation text by key, as written in texts.yaml."""
    raw: dict[str, dict[str, Any]] = yaml.safe_load(_FILE.read_text("utf-8"))["texts"]
    return {
        key: OrganisationText(
            {lang: text for lang, text in entry.items() if lang != "approved_by"}, entry["approved_by"]
        )
        for key, entry in raw.items()
    }


def unapproved() -> tuple[str, ...]:
    """Keys of drafts nobody has approved, for the start-up check."""
    return tuple(key for key, text in organisation_texts().items() if not text.approved_by)
