"""What is taken out of a text before it leaves for a language model: who it is, how to reach them, and dates."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from workflows.understanding.normalise import fold

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|"
    r"dec(?:ember)?|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre)"
)
_DATES = (
    r"\b(?:19|20)\d\d-\d{1,2}-\d{1,2}\b",
    r"\b\d{1,2}[/.-]\d{1,2}[/.-](?:(?:19|20)?\d\d)\b",
    r"\b(?:0?[1-9]|1[0-2])/(?!10\b)(?:0?[1-9]|[12]\d|3[01])\b(?!/)",  # 9/10 is how much it hurts
    rf"\b{_MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?(?:,? (?:19|20)\d\d)?\b",
    rf"\b\d{{1,2}}(?:st|nd|rd|th)? (?:of |de )?{_MONTH}\b(?: (?:de |del )?(?:19|20)\d\d)?",
)
_TITLE = r"\b(?:Dr|Dra|Mr|Mrs|Ms|Miss|Sr|Sra|Srta|Prof|Doctor|Doctora)\.? [A-Z][\w'’-]+(?: [A-Z][\w'’-]+)?"
_SELF = (
    r"(?:(?<=[Tt]his is )|(?<=[Mm]y name is )|(?<=[Ss]oy )|(?<=[Mm]e llamo )|(?<=[Hh]abla ))"
    r"[A-ZÁÉÍÓÚÑ][\w'’-]+(?: [A-ZÁÉÍÓÚÑ][\w'’-]+)?"
)
_PATTERNS = (
    ("email", re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")),
    ("link", re.compile(r"(?:https?://|www\.)\S{1,500}", re.IGNORECASE)),
    ("date", re.compile("|".join(_DATES), re.IGNORECASE)),
    (
        "number",
        re.compile(r"[+(]?\d(?:[ ().-]{0,2}\d){4,30}"),
    ),  # five digits or more: a phone, a record, a card; vitals have fewer
    ("name", re.compile(f"{_TITLE}|{_SELF}")),
)
_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class Redacted:
    """The text with `[name]`, `[number]`, `[email]`, `[link]` and `[date]` in it, and how many of each."""

    text: str = field(repr=False)
    counts: Mapping[str, int]


def redact(text: str, *, names: Iterable[str]) -> Redacted:
    """Take out e-mails, links, dates, numbers of five digits or more, and names: those given, and those said with a title or as one's own.

    Shorter numbers stay, since a temperature or a dose decides urgency. It lowers what leaves and cannot promise that nothing
    is left: a name that the chart does not know, written small, stays.
    """
    counts = Counter[str]()

    def out(kind: str) -> str:
        counts[kind] += 1
        return f"[{kind}]"

    for kind, pattern in _PATTERNS:
        text = pattern.sub(lambda _, kind=kind: out(kind), text)  # type: ignore[misc]  # the default binds the loop's value
    known = {
        fold(part) for name in names for part in (*re.split(r"[\s-]+", name), *_WORD.findall(name)) if len(part) > 1
    }
    text = _WORD.sub(lambda m: out("name") if fold(m.group()) in known and not _is_mark(m) else m.group(), text)
    return Redacted(text, dict(counts))


def _is_mark(match: re.Match[str]) -> bool:
    """Whether the word is one that was put in above."""
    return match.string[match.start() - 1 : match.start()] == "[" and match.string[match.end() : match.end() + 1] == "]"
