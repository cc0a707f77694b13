import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from workflows.understanding import data_files, spelling

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_SLIPPED = frozenset(  # names whose slips of the thumb are no other words
    "monday tuesday wednesday thursday friday saturday sunday lunes martes miercoles jueves viernes biernes sabado domingo tomorrow "  # noqa: SIM905
    "january february september october november december febrero septiembre octubre noviembre diciembre".split()
)
_NO_SLIPS = frozenset(
    ("mares", "jueces", "bienes", "vienes", "mates", "marte", "marts", "mattes", "sundae", "domino", "frida")
)
ROADS = ("st", "street", "ave", "avenue", "rd", "road", "ln", "lane", "drive", "blvd", "court", "ct", "way")
_GROUPS = ("weekdays", "months", "units", "seasons", "parts", "links", "numbers")
_DAY_LIKE = frozenset(WEEKDAYS) | {"today", "tomorrow", "yesterday"}
_ASIDE = frozenset(["good", "buenas", "buenos", "buena", "buen"])
_SITTING = frozenset(
    "i he she we they you who just have has had them down there here in up with".split()  # noqa: SIM905
)
_MONTH_CUES = frozenset(
    "in en by until till early late mid of next last this since before after de from to through and or / march april june on".split()  # noqa: SIM905
)
# Forms and first words of phrases that are too common to tell of a time by themselves.
_IDLE = frozenset(
    "of for and or to in at a i o la al de the en un about around other this few 1 2 minus up any as que por fin eow "  # noqa: SIM905
    "when once right just this prior later first como cerca pasadas saliendo salga salir x couple pair no el antes".split()
)
# Words that tell of a time only beside a number, or one of the partners.
LEADS = frozenset(
    "on since desde until till til hasta coming start half lo good black new b one la las el alas after despues before antes "  # noqa: SIM905
    "hace end fin media".split()
)
PARTNERS = frozenset(
    "one two uno una dos par work working trabajo trabajar job school class escuela clase clases off salir posible pronto".split()  # noqa: SIM905
)
_BEFORE_A_ONE = frozenset("the early earlier late later last that other another any no which same next".split())  # noqa: SIM905
_BEHIND_AN_HOUR = frozenset("thirty fifteen forty am pm a p oclock o ish".split())  # noqa: SIM905
_SIXTH = 6  # up to the fifth, an ordinal also counts
_TENS = ("20", "30", "40", "50")
_SPELT = "~"  # a ten written as a word, which may have its unit behind it
_CUED = {"ish": "around", "oclock": "at"}
_JOINED = re.compile(r"^(\d{1,2}(?:[:.]\d\d)?)-(\d{1,2}(?:[:.]\d\d)?)(am|pm|a|p)?$")
_SUFFIXED = re.compile(r"^(\d{1,2}(?:[:.]\d\d){0,2}|\d{3,4}|\d/\d)(am|pm|a|p|ish|h|hs|hrs)$")
_FRENCH = re.compile(r"^(\d{1,2})h(\d\d)$")
_ORDINAL = re.compile(r"^(\d{1,2})(?:st|nd|rd|th|ro|ero|er|do|o)$")
_GLUED = re.compile(r"^(\d{1,2})([a-z]{3,10})$|^([a-z]{3,10})(\d{1,2})$")
_HALF_DAY = re.compile(r"(?<!\S)(?<! i )([ap]) (?:\. )?m(?: \.)?(?= |$)")


def _slips(word: str) -> Iterator[str]:
    """What a thumb makes of a name: a letter left out, doubled, swapped with the next, or the key beside it."""
    for at in range(1, len(word)):
        head, tail = word[:at], word[at + 1 :]
        yield head + tail
        yield head + word[at] * 2 + tail
        if tail:
            yield head + tail[0] + word[at] + tail[1:]
        if len(word) > len("lunes"):
            yield from (head + key + tail for key in spelling.beside(word[at]))


@cache
def vocabulary() -> tuple[dict[str, str], dict[str, int], dict[str, dict[tuple[str, ...], list[str]]]]:
    """Single words, spelled ordinals, and phrases by their first word, from data/times.yaml."""
    data = data_files.read(data_files.FOLDER / "times.yaml")
    single = {word: str(form) for group in _GROUPS for form, words in data[group].items() for word in words}
    slips = {slip: form for word, form in single.items() if word in _SLIPPED for slip in _slips(word)}
    left = data_files.lines("neighbours.txt") | _NO_SLIPS
    single = {slip: form for slip, form in slips.items() if slip not in left} | single
    single |= {"un": "a", "una": "a", "an": "a"}
    ordinals = {word: int(n) for n, words in data["ordinals"].items() for word in words}
    phrases: dict[str, dict[tuple[str, ...], list[str]]] = {}
    named = [(phrase, [rule]) for rule, names in data["holidays"].items() for phrase in names]
    named = [(phrase, ["holiday:" + form[0].replace(" ", "_")]) for phrase, form in named]
    for phrase, form in [*data["phrases"].items(), *named]:
        parts = tuple(phrase.split())
        phrases.setdefault(parts[0], {})[parts] = [str(one) for one in form]
    return single, ordinals, phrases


@cache
def cues() -> frozenset[str]:
    """The words without one of which (or a digit, or a lead with its partner) a text names no time."""
    single, ordinals, phrases = vocabulary()
    telling = {word for word, form in single.items() if form not in _IDLE}
    leading = {parts[0] for group in phrases.values() for parts in group} - _IDLE
    return frozenset((telling | set(ordinals) | leading | set(_TWO_FACED)) - LEADS)


@cache
def _known() -> frozenset[str]:
    """The words that may change their form; any other stays as it is."""
    single, ordinals, phrases = vocabulary()
    return frozenset((*single, *ordinals, *phrases, *_TWO_FACED, "the", "los", "lo"))


def timely(text: str, *, spanish: bool) -> str:
    """Normal text with its time words in one form each: "el lunes que viene a las 3" → "monday next at 3".

    Everything else stays as it was; articles go. Linear in the length of the text.
    """
    tokens = _HALF_DAY.sub(r"\1m", text).split()
    return " ".join(_composed(list(_forms(tokens, spanish=spanish))))


def _forms(tokens: list[str], *, spanish: bool) -> Iterator[str]:
    single, ordinals, phrases = vocabulary()
    known = _known()
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token not in known and token.isalpha():
            yield token
            at += 1
            continue
        found = _phrase(tokens, at, phrases.get(token))
        if found is not None:
            yield from found[0]
            at += found[1]
            continue
        if token in _TWO_FACED:
            before, after = tokens[at - 1] if at else "", tokens[at + 1] if at + 1 < len(tokens) else ""
            form = _TWO_FACED[token](_Spot(before, after, alone=len(tokens) <= 2, spanish=spanish))
            if form:
                yield form
        elif token[0].isdigit():
            yield from _number(token, single)
        elif token in ordinals and _ordinal_here(tokens, at, single):
            yield f"{ordinals[token]}th"
        elif single.get(token) in _TENS:
            yield f"{single[token]}{_SPELT}"
        elif token not in ("the", "los", "lo"):
            yield single.get(token) or _glued(token, single)
        at += 1


def _phrase(tokens: list[str], at: int, known: dict[tuple[str, ...], list[str]] | None) -> tuple[list[str], int] | None:
    if known is None:
        return None
    for length in (5, 4, 3, 2, 1):
        form = known.get(tuple(tokens[at : at + length]))
        if form is not None:
            return form, length
    return None


def _ordinal_here(tokens: list[str], at: int, single: dict[str, str]) -> bool:
    before = tokens[at - 1] if at else ""
    after = tokens[at + 1] if at + 1 < len(tokens) else "."
    form = single.get(after, after)
    if form in ("of", "in", "quarter", "week", "weekend", "day") or form in WEEKDAYS or form in MONTHS:
        return True
    dated = single.get(before, before) in MONTHS or before in ("twenty", "thirty", "-") or before in WEEKDAYS
    closed = after in (".", "?", ",", "at", "or", "works", "is")
    late = vocabulary()[1][tokens[at]] >= _SIXTH and tokens[max(0, at - 2) : at] == ["on", "the"]
    return dated or late or (before in ("the", "on", "el") and closed)


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a two-faced word stands: its neighbours as written, and whether it is nearly all there is."""

    before: str
    after: str
    alone: bool
    spanish: bool

    @property
    def numbered(self) -> bool:
        """A number follows."""
        return _is_number(self.after)


def _is_number(token: str) -> bool:
    single, ordinals, _ = vocabulary()
    return token[:1].isdigit() or single.get(token, "").isdigit() or token in ordinals or token in ("once", "una")


def _article(spot: _Spot) -> str:
    return "at" if spot.numbered else ""


def _masculine(spot: _Spot) -> str:
    return "el" if spot.numbered else ""


def _manana(spot: _Spot) -> str:
    part = spot.before in ("la", "las", "esta", "am", "hoy") or vocabulary()[0].get(spot.before) in WEEKDAYS
    return "morning" if part else "tomorrow"


def _tarde(spot: _Spot) -> str:
    if spot.before in _ASIDE:
        return "greeting"
    part = (
        spot.before in ("la", "las", "esta", "por", "manana", "the", "pa", "x", "cualquier", "alguna", "otra", "una")
        or vocabulary()[0].get(spot.before) in _DAY_LIKE
    )
    return "afternoon" if part else "late"


def _noche(spot: _Spot) -> str:
    return "greeting" if spot.before in _ASIDE else "night"


def _a_las(spot: _Spot) -> str:
    return "at" if spot.numbered else "las"


def _one(spot: _Spot) -> str:
    """A number, but not in "the early one"."""
    hour = spot.after in _BEHIND_AN_HOUR or spot.after[:1].isdigit() or spot.before not in _BEFORE_A_ONE
    return "1" if hour else "one"


def _once(spot: _Spot) -> str:
    eleven = spot.before in ("las", "el", "dia", "y") or (spot.spanish and spot.before in ("a", "entre", "de"))
    return "11" if eleven else "once"


def _part_of_day(form: str) -> Callable[[_Spot], str]:
    return lambda spot: "greeting" if spot.before in _ASIDE else form


def _ago(spot: _Spot) -> str:
    return "august" if spot.before[:1].isdigit() or spot.before == "de" else "ago"


def _mar(spot: _Spot) -> str:
    if spot.after[:1].isdigit() or spot.before[:1].isdigit() or (spot.before == "de" and spot.spanish):
        return "march"
    if spot.spanish or spot.before in ("el", "-"):
        return "tuesday"
    return "march" if spot.alone or spot.after == "." or spot.before in _MONTH_CUES else "mar"


def _may(spot: _Spot) -> str:
    dated = (
        spot.numbered
        or (spot.before[:1].isdigit() and len(spot.before) <= len("31") and spot.after not in ROADS)
        or spot.before.endswith("th")
        or spot.after == "/"
        or spot.before in _MONTH_CUES
    )
    return "may" if dated or spot.alone else "might"


def _sat(spot: _Spot) -> str:
    person = spot.before in _SITTING or spot.after in ("down", "there", "here", "up", "with")
    return "sat" if person else "saturday"


def _sun(spot: _Spot) -> str:
    return "sun" if spot.before in ("the", "of", "hot", "full", "morning") else "sunday"


def _tom(spot: _Spot) -> str:
    led = spot.after[:1].isdigit() or spot.after in (
        "morning",
        "afternoon",
        "evening",
        "night",
        "at",
        "pm",
        "am",
        "around",
    )
    return "tomorrow" if led or (spot.alone and spot.before in ("", "til", "until", "for")) else "tom"


def _fall(spot: _Spot) -> str:
    return "autumn" if spot.before in ("the", "this", "next", "last", "early", "late") else "fall"


def _media(spot: _Spot) -> str:
    return "half" if spot.before in ("y", "hora", "horas") else "media"


def _cuarto(spot: _Spot) -> str:
    said = spot.before in ("y", "menos", "para", "un") or spot.after in ("para", "pa", "pa'", "despues", "pasadas")
    return "quarter" if said else "cuarto"


_TWO_FACED: dict[str, Callable[[_Spot], str]] = {
    "la": _article,
    "las": _article,
    "el": _masculine,
    "manana": _manana,
    "tarde": _tarde,
    "tardes": _tarde,
    "noche": _noche,
    "noches": _noche,
    "once": _once,
    "one": _one,
    "alas": _a_las,
    "ala": _a_las,
    "tardecita": _tarde,
    "nochecita": _noche,
    "morning": _part_of_day("morning"),
    "afternoon": _part_of_day("afternoon"),
    "evening": _part_of_day("evening"),
    "night": _part_of_day("night"),
    "ago": _ago,
    "mananita": _manana,
    "mar": _mar,
    "may": _may,
    "sat": _sat,
    "sun": _sun,
    "fall": _fall,
    "tom": _tom,
    "media": _media,
    "cuarto": _cuarto,
}


def _number(token: str, single: dict[str, str]) -> Iterator[str]:
    if token.isdigit():
        yield token
    elif m := _JOINED.match(token):
        if m.group(3) or ":" in token:
            yield from (m.group(1), "-", m.group(2), *_half_day(m.group(3)))
        else:
            yield token
    elif m := _SUFFIXED.match(token):
        if m.group(2) == "ish":
            yield "around"
        elif m.group(2).startswith("h"):
            yield from (m.group(1), "hour")
            return
        yield m.group(1)
        yield from _half_day(m.group(2))
    elif m := _FRENCH.match(token):
        yield f"{m.group(1)}:{m.group(2)}"
    elif m := _ORDINAL.match(token):
        yield f"{m.group(1)}th"
    else:
        yield _glued(token, single)


def _half_day(suffix: str | None) -> tuple[str, ...]:
    return {"a": ("am",), "am": ("am",), "p": ("pm",), "pm": ("pm",)}.get(suffix or "", ())


def _glued(token: str, single: dict[str, str]) -> str:
    """ "14april", "feb13", "10min" written without the space."""
    m = _GLUED.match(token)
    if m is None:
        return token
    word = m.group(2) or m.group(3)
    form = single.get(word, "may" if word == "may" else "")
    if not form or form.isdigit():
        return token
    return f"{m.group(1)} {form}" if m.group(1) else f"{form} {m.group(4)}"


def _composed(forms: list[str]) -> list[str]:
    """ "twenty two", "treinta y cinco", "twenty - first" as one number; "3 ish" and "3 oclock" as a cued hour."""
    out: list[str] = []
    for form in forms:
        if form.isalpha() and form not in _CUED:
            out.append(form)
            continue
        if form in _CUED:
            spot = next((i for i in range(len(out) - 1, max(len(out) - 3, -1), -1) if out[i][:1].isdigit()), None)
            if spot is not None:
                if out[spot + 1 :] == ["-"]:
                    out.pop()  # "3-ish"
                out.insert(spot, _CUED[form])
            continue
        if len(form.removesuffix("th")) == 1 and form[0] in "123456789":
            back = 2 if out[-1:] in (["-"], ["and"]) else 1
            if len(out) >= back and out[-back].endswith(_SPELT):
                tens = out[-back].removesuffix(_SPELT)
                out[-back:] = [f"{int(tens) + int(form[0])}{form[1:]}"]
                continue
        out.append(form)
    return [form.removesuffix(_SPELT) for form in out]
