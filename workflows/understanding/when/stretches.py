"""Time counted from now or from a day ("in 3 days", "a week from friday"), and the stretches: weeks, quarters, seasons."""

import re
from datetime import datetime, timedelta

from workflows.understanding.when import dates
from workflows.understanding.when.board import Board, Rule, collector, is_denied
from workflows.understanding.when.dates import Span, months, one_day, shifted, week_of

COUNTED: list[Rule] = []  # run before the days are looked for
UNITS: list[Rule] = []  # run after them
FROM_DAYS: list[Rule] = []  # build on what was found
_counted, _unit, _from = collector(COUNTED), collector(UNITS), collector(FROM_DAYS)
_ONE = (
    r"(?:\d{1,3}(?:\.\d)?(?: ?(?:-|or|to) ?\d{1,2})?|\d/\d|a|few|half|quarter|3 - quarter)"
    r"(?: and (?:a )?half)?(?: of)?(?: more| other)?(?: a)? <U>"
    r"(?: and (?:a )?half)?"
)
_MANY = rf"{_ONE}(?: (?:, )?(?:and )?{_ONE}){{0,3}}"
_EACH = re.compile(
    r"(?P<q>\d{1,3}(?:\.\d)?|\d/\d|a|few|half|3 - quarter|quarter)(?: ?(?:-|or|to) ?\d{1,2})?"
    r"(?P<h> and (?:a )?half)?(?: of)?(?: more| other)?(?: a)? "
    r"(?P<u>minute|hour|day|week|fortnight|month|quarter|year|weekend)(?P<k> and (?:a )?half)?"
)
_MOVING = re.compile(r"(?<!\S)(?:move|moved|bump|push|switch|change|reschedule|put)(?!\S)")
_LAST_DAY = re.compile(r"(?<!\S)D(\d+)(?!\S)")
_BARE = ("week", "month", "fortnight")  # "week from monday"
_MINUTES = {"minute": 1, "hour": 60}
_DAYS = {"day": 1, "week": 7, "fortnight": 14, "weekend": 7}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_SEASON_STARTS = {"spring": (3, 21), "summer": (6, 21), "autumn": (9, 22), "winter": (12, 21)}


def _moved(at: datetime, amount: str, sign: int) -> tuple[datetime, bool]:
    """`at` moved by an amount in words, and whether the amount counts in hours or minutes."""
    fine = False
    for m in _EACH.finditer(amount):
        count = _count(m["q"]) + (0.5 if m["h"] or m["k"] else 0)
        unit = m["u"]
        if unit in _MINUTES:
            at += sign * timedelta(minutes=count * _MINUTES[unit])
            fine = True
        elif unit in _DAYS:
            at += sign * timedelta(days=round(count * _DAYS[unit]))
        else:
            at = shifted(at, sign * round(count * _MONTHS[unit]))
    return at, fine


def _count(word: str) -> float:
    known = {"a": 1.0, "few": 3.0, "half": 0.5, "quarter": 0.25, "3 - quarter": 0.75}
    if "/" in word:
        top, bottom = word.split("/")
        return int(top) / max(int(bottom), 1)
    return known[word] if word in known else float(word)


def _off(m: re.Match[str], board: Board, sign: int) -> Span:
    at, fine = _moved(board.now, m["n"], sign)
    if fine:
        return Span(at, at + timedelta(hours=1), "minute")
    return one_day(dates.midnight(at), ambiguous="few" in m["n"])


@_counted(
    "unit",
    rf"(?:for|every|each|once|twice|lasts|lasted|lasting|takes?|took) "
    rf"(?:past |last |next |around |at |a |me |us |him |her |them |like )*{_MANY}"
    r"(?! (?:from|hence)(?!\S))",
)
@_counted(
    "unit", rf"{_MANY} (?:old|pregnant|postpartum|post|postop|along|sober|clean|straight|apart|of age|embarazada|long)"
)
def _lasting(m: re.Match[str], board: Board) -> str:
    """A duration or an age is no time: it becomes a word that no rule knows."""
    del m, board
    return "lasting"


@_counted("_idiom", r"(?:of )?in _idiom (?P<n>8|15)(?: day)?")
def _idiom(m: re.Match[str], board: Board) -> Span | None:
    """ "de hoy en ocho" is a week from today, "en quince" two: today is counted."""
    return one_day(board.today + timedelta(days=int(m["n"]) - 1))


@_counted("unit", rf"within (?:next )?(?P<n>{_MANY})")
def _within(m: re.Match[str], board: Board) -> Span | None:
    at, _ = _moved(board.today, m["n"], 1)
    return Span(board.today, at + timedelta(days=1), "day", True)


@_counted(
    "unit",
    rf"(?:in|after|give (?:me|it|us)) (?:around |only |just |like |maybe |another |como )*(?P<n>{_MANY})(?: time)?"
    rf"|(?P<o>{_MANY}|(?<!next )(?:week|month|fortnight)(?= from)) "
    r"(?:from (?:now|today|tomorrow|of today|this day)|hence|later|out)",
)
def _ahead(m: re.Match[str], board: Board) -> Span | None:
    amount = m["n"] or m["o"]
    if amount in _BARE:
        amount = f"a {amount}"
    at, fine = _moved(board.now, amount, 1)
    if fine:
        return None if m.group().startswith("give") else Span(at, at + timedelta(hours=1), "minute")
    start = dates.midnight(at) + timedelta(days="from tomorrow" in m.group())
    idiom = board.spanish and amount in ("8 day", "15 day")
    return one_day(start, ambiguous=idiom or re.search(r"few|-| or | to ", amount) is not None)


@_counted("unit", rf"(?:around )?(?P<n>{_MANY}) (?:ago|back|before now)")
@_counted("ago", rf"ago (?:around |like |ya )*(?P<n>{_MANY})")
def _ago(m: re.Match[str], board: Board) -> Span | None:
    return _off(m, board, -1)


@_counted(
    "unit",
    r"(?:(?:in|over|during) )?(?:(?P<r>next|coming|last|past) (?:couple )?(?P<n>\d{1,2}|few) (?P<u><U>)"
    r"|(?P<o>\d{1,2}|few) (?P<s>next|last|past) (?P<v><U>)|(?P<p>\d{1,2}|few) (?P<w><U>) (?P<t>next|past|last)(?! \d))",
)
def _run(m: re.Match[str], board: Board) -> Span | None:
    """ "the next 3 weeks": whole units, from the one after this; "the last 2 days": up to this one."""
    count = int(_count(m["n"] or m["o"] or m["p"]))
    unit, ahead = m["u"] or m["v"] or m["w"], (m["r"] or m["s"] or m["t"]) in ("next", "coming")
    now = board.now.replace(second=0, microsecond=0)
    if unit in _MINUTES:
        base = now if unit == "minute" else now.replace(minute=0)
        step = timedelta(minutes=_MINUTES[unit])
        start = base + step if ahead else (now if unit == "minute" else now.replace(minute=0)) - count * step
        return Span(start, start + count * step, "minute")
    if unit in _DAYS:
        size = _DAYS[unit]
        base = board.today if size == 1 else week_of(board.today).start
        start = base + timedelta(days=size) if ahead else base - timedelta(days=size * count)
        return Span(start, start + timedelta(days=size * count), "day" if size == 1 else "week", ahead)
    size = _MONTHS[unit]
    base = _unit_start(board.today, unit)
    start = shifted(base, size if ahead else -size * count)
    return months(start, size * count, ambiguous=ahead)


def _unit_start(today: datetime, unit: str) -> datetime:
    month = {"month": today.month, "quarter": (today.month - 1) // 3 * 3 + 1}.get(unit, 1)
    return today.replace(month=month, day=1)


@_unit(
    "unit",
    r"week after next|(?:this )?(?P<r><R>) (?P<u>day|week|month|quarter|year|weekend)(?P<n> after next)?(?! (?:on |in |for |of |, )*<W>)",
)
def _named(m: re.Match[str], board: Board) -> Span | None:
    """ "next week" is the one that begins on the coming Monday; "this week" began on the Monday gone."""
    step = {"next": 1, "coming": 1, "this": 0, "last": -1, "past": -1}.get(m["r"] or "", 2) + bool(m["n"])
    unit = m["u"] or "week"
    if unit == "day":
        if m["r"] in ("this", "coming"):
            return None  # "estos dias"
        return one_day(board.today + timedelta(days=step))
    if unit == "week":
        return week_of(board.today + timedelta(days=7 * step))
    if unit == "weekend":
        step = 0 if m["r"] == "coming" else step
        return dates.weekend_of(board.today + timedelta(days=7 * step), ambiguous=m["r"] == "next")
    size = _MONTHS[unit]
    return months(shifted(_unit_start(board.today, unit), size * step), size)


@_unit("in", r"in (?:year )?(?P<y><Y>)")
def _year(m: re.Match[str], board: Board) -> Span | None:
    return months(board.today.replace(year=int(m["y"]), month=1, day=1), 12)


@_unit("weekend", r"(?:in |on |during )?(?:any )?weekend")
def _weekend(m: re.Match[str], board: Board) -> Span | None:
    del m
    return dates.weekend_of(board.today)


@_unit(
    "season",
    r"(?:(?P<r><R>) |in |the |(?P<e>early|late|mid) (?:- )?|of )?(?P<s><S>)(?: of)?(?: (?P<y><Y>)| (?P<p>next|past))?",
)
def _season(m: re.Match[str], board: Board) -> Span | None:
    """Seasons begin at the solstices and equinoxes; the one that runs now is "this" one."""
    if m.group() == m["s"] and board.text != m["s"]:
        return None  # "spring roll"
    month, day = _SEASON_STARTS[m["s"]]
    if m["y"]:
        start = board.today.replace(year=int(m["y"]), month=month, day=day)
        return Span(start, shifted(start, 3), "month")
    rel = m["r"] or m["p"]
    starts = [board.today.replace(year=board.today.year + y, month=month, day=day) for y in (-2, -1, 0, 1, 2)]
    current = next((s for s in starts if shifted(s, 3) > board.today), starts[-1])
    if rel in ("next", "coming") and current <= board.today:
        current = shifted(current, 12)
    if rel in ("last", "past"):
        current = shifted(current, -12)
    return Span(current, shifted(current, 3), "month", rel not in ("this", "last", "past"))


@_unit("quarter", r"(?P<n>[1-4])th quarter(?: of)?(?: (?P<y><Y>)| (?P<r>this|next|last) year)?")
def _quarter(m: re.Match[str], board: Board) -> Span | None:
    year = int(m["y"]) if m["y"] else board.today.year + {"next": 1, "last": -1}.get(m["r"] or "", 0)
    return months(board.today.replace(year=year, month=int(m["n"]) * 3 - 2, day=1), 3)


@_unit("weekdays", r"(?:in |on |any )?weekdays")
def _working_day(m: re.Match[str], board: Board) -> Span | None:
    del m
    ahead = {4: 3, 5: 2}.get(board.today.weekday(), 1)
    return one_day(board.today + timedelta(days=ahead), ambiguous=True)


@_from("found", r"(?:in )?(?:week|month) (?P<s>of|starting|after|before) D(?P<d>\d+)")
def _week_of(m: re.Match[str], board: Board) -> Span | None:
    at = board.days[int(m["d"])].start
    step = {"after": 1, "before": -1}.get(m["s"], 0)
    return months(shifted(at, step)) if "month" in m.group() else week_of(at + timedelta(days=7 * step))


@_from("found", r"(?<!in )a (?P<n>week) (?P<s>)D(?P<d>\d+)")
@_from("found", r"(?P<n>week|month|fortnight) (?P<s>from) D(?P<d>\d+)")
@_from("found", rf"(?:in )?(?P<n>{_MANY}) (?P<s>from|after|before|past|of) D(?P<d>\d+)")
def _from_day(m: re.Match[str], board: Board) -> Span | None:
    """ "a week from friday", "2 days before christmas" """
    at, fine = _moved(
        board.days[int(m["d"])].start, f"a {m['n']}" if m["n"] in _BARE else m["n"], -1 if m["s"] == "before" else 1
    )
    return None if fine else one_day(at)


@_from("found", r"(?:in )?day (?P<s>before|after) D(?P<d>\d+)")
def _day_beside(m: re.Match[str], board: Board) -> Span | None:
    at = board.days[int(m["d"])].start
    return one_day(at + timedelta(days=1 if m["s"] == "after" else -1))


@_from("found", r"(?:(?P<n>\d\d?)th )?D(?P<w>\d+) (?P<s>after|before) D(?P<d>\d+)")
def _nth_after(m: re.Match[str], board: Board) -> Span | None:
    """ "third tuesday after christmas", "the monday after thanksgiving" """
    if board.days[int(m["w"])].start > board.today + timedelta(days=7):
        return None
    base, sign = board.days[int(m["d"])].start, -1 if m["s"] == "before" else 1
    weekday = board.days[int(m["w"])].start.weekday()
    ahead = (weekday - base.weekday()) * sign % 7 or 7
    return one_day(base + sign * timedelta(days=ahead + 7 * (int(m["n"] or 1) - 1)))


@_from(
    "found",
    r"(?:next |one |another )*(?:D(?P<w>\d+)|(?P<u>day|week|month)) after (?:that(?: one)?|this one|then|ese|esa)",
)
@_from("_after", r"(?P<u>_after)(?P<w>(?!))?")
@_from("unit", r"(?P<u>week|day) after(?= (?:[.,?]|or|and|works?|is|would|please)|$)(?P<w>(?!))?")
def _after_that(m: re.Match[str], board: Board) -> Span | None:
    """ "next wed is out so the wed after that": counted from the day named before it."""
    named = _LAST_DAY.findall(m.string[: m.start()])
    if not named:
        moving = m["u"] == "week" and _MOVING.search(m.string) is not None
        return week_of(board.today + timedelta(days=7), ambiguous=True) if moving else None
    day = board.days[int(named[-1])]
    base = day.start
    if m["u"] == "_after":  # "not this friday, the one after"
        return None if day.grain == "minute" else one_day(base + timedelta(days=7))
    if m["w"]:
        weekday = board.days[int(m["w"])].start.weekday()
        return one_day(base + timedelta(days=(weekday - base.weekday()) % 7 or 7))
    if m["u"] == "day":
        return one_day(base + timedelta(days=1))
    return months(shifted(base, 1)) if m["u"] == "month" else week_of(base + timedelta(days=7))


@_from("next", r"next(?: one)?(?=$| [.,?]| (?:works?|is|please|pls|if|si|yes|mejor|porfa|por favor|instead)(?!\S))")
def _the_next(m: re.Match[str], board: Board) -> Span | None:
    """ "not this week. next" """
    named = _LAST_DAY.findall(m.string[: m.start()])
    day = board.days[int(named[-1])] if named else None
    if day is None or day.grain == "minute":
        return None
    if day.grain == "month":
        return months(shifted(day.start, 1))
    return week_of(day.start + timedelta(days=7)) if day.grain == "week" else one_day(day.start + timedelta(days=7))


@_from("after", r"after (?:that|then|eso)(?=$| [.,?]| (?:works?|is|would|please|day|date)(?!\S))")
def _from_then_on(m: re.Match[str], board: Board) -> Span | None:
    """ "paid on the 1st so after that" """
    named = _LAST_DAY.findall(m.string[: m.start()])
    if not named or (day := board.days[int(named[-1])]).grain == "minute":
        return None
    return one_day(day.end, ambiguous=True)


@_from("after", r"(?:any ?time )?(?:after|past) (?:el )?D(?P<d>\d+)(?! H)")
def _after(m: re.Match[str], board: Board) -> Span | None:
    day = board.days[int(m["d"])]
    if day.grain == "minute":
        return None
    start = day.end + timedelta(days=2) if day.grain == "week" else day.end
    return Span(start, start + timedelta(days=1), "day", True, loose=True)


@_from("before", r"before (?:el )?D(?P<d>\d+)(?! H)")
def _before(m: re.Match[str], board: Board) -> Span | None:
    """From today up to that day; "not before" is from that day on."""
    day = board.days[int(m["d"])]
    if is_denied(m) or day.start <= board.now:
        return None
    return Span(board.today, day.start, "day", True)
