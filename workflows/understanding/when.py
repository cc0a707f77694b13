import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from workflows.understanding.readings import When

_DAY_NAMES = {
    "monday": 0, "tuesday": 1, "wednesday": 2, "thursday": 3, "friday": 4, "saturday": 5, "sunday": 6, "sat": 5, "sun": 6,
    "lunes": 0, "martes": 1, "miercoles": 2, "jueves": 3, "viernes": 4, "sabado": 5, "domingo": 6,
}  # fmt: skip
_MONTH_NAMES = {
    name: i // 3 + 1
    for i, name in enumerate(
        [
            "january",
            "jan",
            "enero",
            "february",
            "feb",
            "febrero",
            "march",
            "mar",
            "marzo",
            "april",
            "apr",
            "abril",
            "may",
            "may",
            "mayo",
            "june",
            "jun",
            "junio",
            "july",
            "jul",
            "julio",
            "august",
            "aug",
            "agosto",
            "september",
            "sept",
            "septiembre",
            "october",
            "oct",
            "octubre",
            "november",
            "nov",
            "noviembre",
            "december",
            "dec",
            "diciembre",
        ]
    )
}
_COUNTS = {
    "a": 1,
    "one": 1,
    "un": 1,
    "una": 1,
    "two": 2,
    "dos": 2,
    "couple": 2,
    "three": 3,
    "tres": 3,
    "four": 4,
    "cuatro": 4,
    "six": 6,
    "seis": 6,
    "five": 5,
    "cinco": 5,
}
PARTS = {
    "morning": (8, 12),
    "am": (8, 12),
    "manana": (8, 12),
    "afternoon": (12, 17),
    "pm": (12, 17),
    "tarde": (12, 17),
    "evening": (17, 20),
    "night": (17, 20),
    "noche": (17, 20),
}

_W = "|".join(_DAY_NAMES)
_M = "|".join(sorted(_MONTH_NAMES, key=len, reverse=True))
_N = r"\d{1,2}|" + "|".join(_COUNTS)
_WEEKDAY = re.compile(
    rf"(?<!\w)(?:(next|this|coming|this coming|el proximo|proximo|este) )?(?:el |on )?({_W})s?(?: (que viene|proximo|next week|de la proxima semana|que entra))?(?!\w)"  # noqa: E501  one pattern, read as one
)
_ISO = re.compile(r"(?<!\d)(20\d\d)-(\d\d?)-(\d\d?)(?!\d)")
_SLASH = re.compile(r"(?<![\d/$])(\d{1,2})[/-](\d{1,2})(?:/((?:20)?\d\d))?(?![\d/])")
_MONTH_DAY = re.compile(
    rf"(?<!\w)(?:({_M}) (?:the )?(\d{{1,2}})(?:st|nd|rd|th)?|(\d{{1,2}})(?:st|nd|rd|th)? (?:of |de )({_M}))(?!\w|:)"
)
_ORDINAL = re.compile(r"(?<!\w)(?:(?:the |on )*(\d{1,2})(?:st|nd|rd|th)|(?:el dia|el) (\d{1,2}))(?!\w|:)")
_RELATIVE = re.compile(
    r"(?<!\w)(day after tomorrow|pasado manana|tomorrow|today|tonight|hoy|esta tarde|esta noche)(?!\w)"
)
_MANANA = re.compile(r"(?<!la )(?<!de )(?<!\w)manana(?!\w)")
_IN = re.compile(
    rf"(?<!\w)(?:in|en|dentro de) (?:a )?({_N}) (?:of )?(days?|weeks?|months?|dias?|semanas?|mes|meses)(?!\w)"
)
_WEEK = re.compile(
    r"(?<!\w)(next week|this week|week after next|proxima semana|semana que viene|esta semana|semana que entra|next month|proximo mes|mes que viene)(?!\w)"  # noqa: E501  one pattern, read as one
)
_IN_MONTH = re.compile(rf"(?<!\w)(?:in|early|late|around|until|till|en|hasta|para|por) ({_M})(?!\w)")
_PART = re.compile(
    r"(?<!\w)(?:(?:por|en|de|a) la (manana|tarde|noche)|(?:in the |any |early |late )?(?<!good )(morning|afternoon|evening|night)s?|esta (tarde|noche)|(tonight))(?!\w)"  # noqa: E501  one pattern, read as one
)
_H = r"(\d{1,2})(?::(\d\d)|(?<=\d\d)(\d\d)|(?<=\d)(\d\d))?"
_SUFFIX = r"(?: ?(am|pm|a m|p m|a|p|ish|oclock|h|hrs)(?!\w))?"
_RANGE = re.compile(
    rf"(?<![\d/$:.])(?:between |from |entre (?:las )?|de (?:las )?)?{_H}{_SUFFIX} ?(?:-|to|and|till|until|y|a) ?(?:las )?{_H}{_SUFFIX}(?![\d/:-])"  # noqa: E501  one pattern, read as one
)
_OPEN = re.compile(
    rf"(?<!\w)(after|before|past|by|despues de|antes de|a partir de)(?: the| las| la)? {_H}{_SUFFIX}(?![\d/:-])"
)
_CLOCK = re.compile(
    rf"(?<!\w)(?P<cue>at|around|about|@|a las|a la|las|como a las|tipo)? ?(?<![\d/$:.-]){_H}{_SUFFIX}(?![\d/:-]|,\d)"
)
_NOON = re.compile(r"(?<!\w)(noon|midday|mediodia|lunch ?time)(?!\w)")
_PAST = re.compile(
    r"(?<!\w)(?:last|since|ago|yesterday|ayer|pasad[oa]|desde|hace|was|were|had|died|passed|already|ya me)(?!\w)"
)


@dataclass(frozen=True, slots=True)
class _Day:
    start: datetime
    grain: str = "day"
    ambiguous: bool = False

    @property
    def end(self) -> datetime:
        if self.grain == "month":
            return (self.start.replace(day=1) + timedelta(days=32)).replace(day=1)
        return self.start + timedelta(days={"week": 5}.get(self.grain, 1))


def window(text: str, ref: datetime, *, spanish: bool = False) -> When | None:
    """The window a scheduling reply asks for, from normal text; None when it names no time to come.

    "next <weekday>" is the first such day after `ref`; it is marked ambiguous when that is at most three days away,
    where people also mean the week after. Parts of day: morning 8–12, afternoon 12–17, evening 17–20.
    """
    if _PAST.search(text):
        return None
    day = _day(text, ref, spanish=spanish)
    hours = _hours(text, dated=day is not None)
    if day is None and hours is None:
        return None
    if hours is None:
        return None if day is None else When(day.start, day.end, day.grain, day.ambiguous)
    return _joined(day, hours, ref)


def _joined(day: _Day | None, hours: tuple[int, int, bool], ref: datetime) -> When | None:
    first, last, exact = hours
    base = day or _Day(_midnight(ref))
    if base.grain == "month":
        return When(base.start, base.end, "month", base.ambiguous)
    start = base.start + timedelta(minutes=first)
    if base.grain == "week":
        return When(start, base.start + timedelta(days=4, minutes=last), "week", base.ambiguous)
    if day is None and start <= ref:
        base = _Day(base.start + timedelta(days=1))
        start = base.start + timedelta(minutes=first)
    return When(
        start, base.start + timedelta(minutes=last), "minute" if exact else "part", base.ambiguous or day is None
    )


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _day(text: str, ref: datetime, *, spanish: bool) -> _Day | None:
    today = _midnight(ref)
    return (
        _relative(text, today)
        or _dated(text, today, spanish=spanish)
        or _weekday(text, today)
        or _stretch(text, today)
        or _ordinal(text, today)
    )


def _relative(text: str, today: datetime) -> _Day | None:
    match = _RELATIVE.search(text)
    if match:
        ahead = {"day after tomorrow": 2, "pasado manana": 2, "tomorrow": 1}.get(match.group(1), 0)
        return _Day(today + timedelta(days=ahead))
    return _Day(today + timedelta(days=1)) if _MANANA.search(text) else None


def _dated(text: str, today: datetime, *, spanish: bool) -> _Day | None:
    if m := _ISO.search(text):
        return _date(today, int(m.group(2)), int(m.group(3)), year=int(m.group(1)))
    if m := _MONTH_DAY.search(text):
        month, day = (m.group(1), m.group(2)) if m.group(1) else (m.group(4), m.group(3))
        return _date(today, _MONTH_NAMES[month], int(day))
    if m := _SLASH.search(text):
        month, day = int(m.group(1)), int(m.group(2))
        if month > 12 or (spanish and day <= 12):
            month, day = day, month
        year = int(m.group(3)) % 100 + 2000 if m.group(3) else None
        found = _date(today, month, day, year=year)
        return _Day(found.start, "day", spanish and day <= 12 and month != day) if found else None
    return None


def _date(today: datetime, month: int, day: int, *, year: int | None = None) -> _Day | None:
    for candidate in (year,) if year else (today.year, today.year + 1):
        try:
            at = today.replace(year=candidate, month=month, day=day)
        except ValueError:
            continue
        if at >= today:
            return _Day(at)
    return None


def _weekday(text: str, today: datetime) -> _Day | None:
    m = _WEEKDAY.search(text)
    if m is None:
        return None
    ahead = (_DAY_NAMES[m.group(2)] - today.weekday()) % 7 or 7
    asked_next = (m.group(1) or "") in ("next", "el proximo", "proximo") or bool(m.group(3))
    if "next week" in text or "proxima semana" in text or "semana que viene" in text:
        return _Day(today + timedelta(days=7 - today.weekday() + _DAY_NAMES[m.group(2)]))
    return _Day(today + timedelta(days=ahead), "day", asked_next and ahead <= 3)


def _stretch(text: str, today: datetime) -> _Day | None:
    if m := _IN.search(text):
        count = _COUNTS.get(m.group(1)) or int(m.group(1))
        unit = m.group(2)
        days = count * (1 if unit.startswith("d") else 7 if unit.startswith(("w", "s")) else 30)
        return _Day(today + timedelta(days=days))
    if m := _WEEK.search(text):
        if "month" in m.group(1) or "mes" in m.group(1).split():
            return _Day((today.replace(day=1) + timedelta(days=32)).replace(day=1), "month")
        if m.group(1) in ("this week", "esta semana"):
            return _Day(today, "week")
        extra = 14 if m.group(1) == "week after next" else 7
        return _Day(today + timedelta(days=extra - today.weekday()), "week")
    return _month(text, today)


def _month(text: str, today: datetime) -> _Day | None:
    """ "call me in March": the coming one."""
    m = _IN_MONTH.search(text)
    if m is None:
        return None
    month = _MONTH_NAMES[m.group(1)]
    year = today.year + (month <= today.month)
    return _Day(today.replace(year=year, month=month, day=1), "month")


def _ordinal(text: str, today: datetime) -> _Day | None:
    m = _ORDINAL.search(text)
    if m is None:
        return None
    day, month = int(m.group(1) or m.group(2)), today.replace(day=1)
    for _ in range(3):
        try:
            at = month.replace(day=day)
        except ValueError:
            at = today - timedelta(days=1)
        if at >= today:
            return _Day(at)
        month = (month + timedelta(days=32)).replace(day=1)
    return None


def _hours(text: str, *, dated: bool) -> tuple[int, int, bool] | None:
    part = _part(text)
    if (m := _RANGE.search(text)) and (dated or part or m.group(5) or m.group(10)):
        late = m.group(10) or m.group(5)
        first, last = (
            _minutes(m.groups()[:4], m.group(5) or _carried(m, late), part),
            _minutes(m.groups()[5:9], late, part),
        )
        if first is not None and last is not None and first < last:
            return first, last, False
    if m := _OPEN.search(text):
        at = _minutes(m.groups()[1:5], m.group(6), part)
        if at is not None:
            early = m.group(1) in ("before", "by", "antes de")
            return (8 * 60, max(at, 9 * 60), False) if early else (at, max(17 * 60, at + 60), False)
    if _NOON.search(text):
        return 720, 780, True
    return (
        _clock(text, part, dated=dated) or (part[0] * 60, part[1] * 60, False)
        if part
        else _clock(text, part, dated=dated)
    )


def _carried(m: re.Match[str], late: str | None) -> str | None:
    return (
        late if late and late.startswith("p") and int(m.group(1)) < int(m.group(6)) and int(m.group(6)) != 12 else None
    )


def _clock(text: str, part: tuple[int, int] | None, *, dated: bool) -> tuple[int, int, bool] | None:
    for m in _CLOCK.finditer(text):
        minuted = m.group(3) or m.group(4) or m.group(5)
        if not (m.group("cue") or m.group(6) or (minuted and (dated or part or m.group(3)))):
            continue
        at = _minutes(m.groups()[1:5], m.group(6), part)
        if at is not None:
            return at, at + 60, True
    return None


def _minutes(parts: tuple[str | None, ...], suffix: str | None, part: tuple[int, int] | None) -> int | None:
    hour, minute = int(parts[0] or 0), int(parts[1] or parts[2] or parts[3] or 0)
    if hour > 23 or minute > 59:
        return None
    half = (suffix or "")[:1]
    afternoon = half == "p" or (
        half not in ("a", "p") and ((part is not None and part[0] >= 12) or (part is None and 1 <= hour <= 6))
    )
    if hour < 12 and afternoon:
        hour += 12
    if hour == 12 and half == "a":
        hour = 0
    return hour * 60 + minute


def _part(text: str) -> tuple[int, int] | None:
    m = _PART.search(text)
    if m is None:
        return None
    word = next(group for group in m.groups() if group)
    return PARTS["night" if word == "tonight" else word]
