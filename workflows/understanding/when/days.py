"""Every way of naming a day, a month or a holiday of the calendar. The rules run in the order in which they stand."""

import re
from datetime import datetime, timedelta

from workflows.understanding.when import dates
from workflows.understanding.when.board import Board, Rule, collector
from workflows.understanding.when.dates import Span, date, day_of_month, months, on_weekday, one_day, shifted, week_of
from workflows.understanding.when.words import MONTHS, ROADS, WEEKDAYS

RULES: list[Rule] = []
_HOLY_WEEK = "easter_-7_+0"
_LATE = 20  # from this day on, the name of the month that runs means the next year's
_rule = collector(RULES)
_LINK = r"(?:-|/|to|until|a)"
_DAY = r"\d\d?(?:th)?"
_SOONER = re.compile(
    r"(?<!\S)(?:mov(?:e|ed|er|erla|erlo)|sooner|earlier|reschedule|rescheduled|adelant\w*|cambi\w*|switch|change)(?!\S)"
)
_NO_STREET = r"(?<!calle )(?<!avenida )(?<!colonia )(?<!plaza )(?<!avenue )"
_NO_ROAD = rf"(?! (?:{'|'.join(ROADS)})(?!\S))"
_OF_YEAR = r"(?: (?:, |of |- |/ |\. )?(?P<y><Y>)(?! hour))"
# What may follow "the 20th" or "el 20" when it is a date, and not "the 20th visit".
_FREE = (
    r"(?=$| (?:[.,?-]|at|in|of|on|or|and|to|until|a|for|after|before|around|by|between|from|early|late|works?|is|are|would|"
    r"will|if|please|thanks|ok|good|fine|great|instead|be|should|but|since|when|because|any|not|then|gracias|morning|noon|"
    r"por|me|puedo|podria|podemos|estaria|si|seria|tengo|tiene|hay|pero|que|mejor|no|i|we|you|can|could|do|afternoon|"
    r"evening|night|perfecto|bien|maybe|quizas?|pls|too|also|only|lol|thx|anytime|instead|plis|porfa|onwards?|forward|so|bc|cuz|cause|through|if|instead|bc|que|ya|ese|esa|when|cuando|porque|thats|ill|id|im|its|tambien|talvez|lo|nos)(?:\s|$))"
)


@_rule("joined", r"(?P<y><Y>)[-/.](?P<m>\d\d?)[-/.](?P<d>\d\d?)")
def _iso(m: re.Match[str], board: Board) -> Span | None:
    return date(board.today, int(m["m"]), int(m["d"]), year=int(m["y"]))


@_rule("joined", r"(?P<a>\d\d?)[-/.](?P<b>\d\d?)[-/.,](?P<y>\d{4}|\d\d)")
def _numeric(m: re.Match[str], board: Board) -> Span | None:
    year = int(m["y"])
    if year < 100:
        year += 2000 if year < 70 else 1900
    return _in_order(board, int(m["a"]), int(m["b"]), year)


def _in_order(board: Board, a: int, b: int, year: int | None) -> Span | None:
    """Month first in English, day first in Spanish, or as the numbers allow; in Spanish texts here both orders are met."""
    day_first = a > 12 or (board.spanish and b <= 12)
    found = date(board.today, b if day_first else a, a if day_first else b, year=year)
    unsure = board.spanish and a <= 12 and b <= 12 and a != b
    return Span(found.start, found.end, "day", unsure) if found else None


@_rule("joined", r"(?P<m>\d\d?)[-/.](?P<y><Y>)|(?P<y2><Y>)[-/.](?P<m2>\d\d?)")
def _month_of_year(m: re.Match[str], board: Board) -> Span | None:
    month = int(m["m"] or m["m2"])
    return months(board.today.replace(year=int(m["y"] or m["y2"]), month=month, day=1))


@_rule(
    "month",
    rf"(?:from |between |of |on )*(?:(?P<m><M>) (?P<a>{_DAY}) ?{_LINK} ?(?P<b>{_DAY})"
    rf"|(?:el )?(?P<c>{_DAY}) ?(?:{_LINK}|and|or) ?(?:el )?(?P<d>{_DAY}) (?:of |in )?(?P<n><M>)){_OF_YEAR}?",
)
def _days_of_month(m: re.Match[str], board: Board) -> Span | None:
    """ "july 13-15", "del 3 al 12 de sept" """
    month = MONTHS.index(m["m"] or m["n"]) + 1
    first, last = (int((m[one] or m[other]).removesuffix("th")) for one, other in (("a", "c"), ("b", "d")))
    year = int(m["y"]) if m["y"] else None
    start, end = date(board.today, month, first, year=year), date(board.today, month, last, year=year)
    if start is None or end is None or last < first:
        return None
    either = " or " in m.group() or "/" in m.group()
    return Span(start.start, start.start + timedelta(days=1 if either else last - first + 1), "day", either)


@_rule(
    "month",
    r"(?P<n>\d\d?th|last) (?:(?P<b>to) last )?(?P<u><W>|day|week|weekend) (?:of|in) (?:(?P<r><R>) )?(?P<m><M>)"
    rf"{_OF_YEAR}?",
)
@_rule(
    "unit",
    r"(?P<n>\d\d?th|last) (?:(?P<b>to) last )?(?P<u><W>|day|week|weekend) (?:of|in) (?:(?P<r><R>) )?(?P<m>month|year)(?P<y>(?!))?",
)
def _nth_in_month(m: re.Match[str], board: Board) -> Span | None:
    """ "first tuesday of october", "last day of the month", "third week of january" """
    nth = -1 if m["n"] == "last" else int(m["n"][:-2])
    nth = -nth if m["b"] else nth
    months_meant = _months_meant(board, m["m"], m["r"], m["y"], last=nth < 0)
    for first in months_meant:
        found = _nth(first, nth, m["u"])
        if found and (found.end > board.today or len(months_meant) == 1):
            return found
    return None


def _months_meant(board: Board, name: str, rel: str | None, year: str | None, *, last: bool = False) -> list[datetime]:
    """The first days of the months that "october", "next month" or "this year" may mean, the nearest first."""
    today = board.today.replace(day=1)
    step = {"next": 1, "coming": 1, "last": -1, "past": -1}.get(rel or "", 0)
    if name in MONTHS:
        month = MONTHS.index(name) + 1
        years = [int(year)] if year else [today.year - 1] if step < 0 else [today.year, today.year + 1]
        return [today.replace(year=one, month=month) for one in years]
    if name == "year":
        return [today.replace(year=today.year + step, month=12 if last else 1)]
    return [shifted(today, step)] if rel else [today, shifted(today, 1)]


def _nth(first: datetime, nth: int, unit: str) -> Span | None:
    if unit == "day":
        start = first + timedelta(days=nth - 1) if nth > 0 else shifted(first, 1) + timedelta(days=nth)
        return one_day(start)
    weekday = WEEKDAYS.index(unit) if unit in WEEKDAYS else 5 if unit == "weekend" else 0
    found = dates.nth_weekday(first, nth, weekday)
    if found is None:
        return None
    if unit == "week":
        whole = (found + timedelta(days=6)).month == found.month or nth > 0
        return week_of(found if whole else found - timedelta(days=7))
    return dates.weekend_of(found) if unit == "weekend" else one_day(found)


@_rule(
    "month",
    r"(?:(?P<w><W>) (?:, |\. )*(?:el |on |of )?)?(?:(?P<m><M>) (?:of |- |/ |\. |, |on )*(?P<a>\d\d?)(?:th)?(?! (?:am|pm|hour|oclock)(?!\S))"
    rf"|{_NO_STREET}(?P<b>\d\d?)(?:th)?(?: day)? (?:of |in |- |/ |\. )*(?P<n><M>){_NO_ROAD}){_OF_YEAR}?(?: (?:, |\. )*(?P<x><W>))?",
)
def _month_day(m: re.Match[str], board: Board) -> Span | None:
    """ "march 3rd", "3 de marzo", "wed , 22 of jan", "april 14 , 2015" """
    month, day = MONTHS.index(m["m"] or m["n"]) + 1, int(m["a"] or m["b"])
    if m["y"]:
        return date(board.today, month, day, year=int(m["y"]))
    weekday = m["w"] or m["x"]
    if weekday:
        return on_weekday(board.today, month, day, WEEKDAYS.index(weekday))
    return date(board.today, month, day)


@_rule(
    "month", rf"end (?:of )*(?P<m><M>|month){_OF_YEAR}? (?:, )*(?:(?:that|this|like|in|on|el) )*last week(?P<r>(?!))?"
)
@_rule("unit", r"end (?:of )*(?P<m>month)(?P<y>(?!))? (?:, )*(?:(?:that|this|like|in|on|el) )*last week(?P<r>(?!))?")
def _last_week(m: re.Match[str], board: Board) -> Span | None:
    """ "end of may, that last week" """
    meant = (_nth(first, -1, "week") for first in _months_meant(board, m["m"], None, m["y"], last=True))
    return next((found for found in meant if found and found.end > board.today), None)


@_rule("edge", rf"(?P<e>early|mid|late|begin|end) (?:in |of |- |part of )*(?:(?P<r><R>) )?(?P<m><M>){_OF_YEAR}?")
@_rule(
    "edge",
    r"(?P<e>early|mid|late|begin|end) (?:in |of |- |part of )*(?:(?P<r><R>) )?(?P<m>month|year|week)(?P<y>(?!))?",
)
def _edge(m: re.Match[str], board: Board) -> Span | None:
    """ "mid march", "a fines de mes", "end of next week" """
    edge = "early" if m["e"] == "begin" else m["e"]
    if m["m"] == "week":
        step = {"next": 7, "coming": 7, "last": -7, "past": -7}.get(m["r"] or "", 0)
        monday = week_of(board.today + timedelta(days=step)).start
        if edge == "mid" and not m["r"] and monday + timedelta(days=2) < board.today:
            monday += timedelta(days=7)
        return one_day(monday + timedelta(days={"early": 0, "mid": 2, "late": 3, "end": 4}[edge]), ambiguous=True)
    meant = [months(first) for first in _months_meant(board, m["m"], m["r"], m["y"])]
    found = next((one for one in meant if one.end > board.today), meant[0])
    start = found.start
    if m["m"] == "year":
        start = start.replace(month={"early": 1, "mid": 6}.get(edge, 12))
        if not m["r"] and shifted(start, 1) <= board.today:
            start = shifted(start, 12)
        return one_day(start.replace(day=31), ambiguous=True) if edge == "end" else months(start, ambiguous=True)
    if edge == "end":
        return one_day(shifted(start, 1) - timedelta(days=1), ambiguous=True)
    first = start.replace(day={"early": 1, "mid": 15, "late": 21}[edge])
    last = found.end if edge == "late" else first + timedelta(days=10)
    return Span(first, last, "day", True)


@_rule(
    "month",
    rf"(?:(?P<r><R>) )?(?<!\d\d\d )(?P<m><M>){_NO_ROAD}(?:{_OF_YEAR}| of (?P<s>next|last|this) year|(?P<t> after next)| (?P<p>next|past))?",
)
def _month(m: re.Match[str], board: Board) -> Span | None:
    """ "call me in March": the coming one."""
    today, month = board.today, MONTHS.index(m["m"]) + 1
    if m["y"] or m["s"] or m["r"] == "this":
        year = int(m["y"]) if m["y"] else today.year + {"next": 1, "last": -1}.get(m["s"] or "", 0)
        return months(today.replace(year=year, month=month, day=1))
    if "last" in (m["r"],) or "past" in (m["r"], m["p"]):
        return months(today.replace(year=today.year - (month >= today.month), month=month, day=1))
    gone = month < today.month or (month == today.month and (today.day > _LATE or "next" in (m["r"], m["p"])))
    year = today.year + gone + bool(m["t"])
    return months(today.replace(year=year, month=month, day=1), ambiguous=month == today.month)


@_rule(
    "holiday",
    r"(?:(?P<r><R>) )?holiday:(?P<h>\S+)(?: day)?(?P<w> (?:weekend|week - end))?"
    r"(?: (?:of )?(?P<y><Y>)| (?:of )?(?P<s>next|last|past|this) year)?",
)
def _holiday(m: re.Match[str], board: Board) -> Span | None:
    today = board.today
    if m["y"] or m["s"]:
        year = int(m["y"]) if m["y"] else today.year + {"next": 1, "last": -1, "past": -1}.get(m["s"], 0)
        at = dates.holiday(m["h"], year)
    else:
        years = range(today.year - 1, today.year + 2)
        days = [dates.holiday(m["h"], year) for year in years]
        gone = m["r"] in ("last", "past")
        at = max(d for d in days if d < today) if gone else min(d for d in days if d >= today)
    if m["h"] == _HOLY_WEEK:
        return Span(at, at + timedelta(days=6), "week")
    if m["w"]:
        return Span(at - timedelta(days=2 if at.weekday() == 0 else 0), at + timedelta(days=1))
    return one_day(at)


@_rule("past", r"(?:(?<=tomorrow no )|(?<=tomorrow no , ))past(?=$| (?:[.,?]|mejor|yes|si|for))")
def _past(m: re.Match[str], board: Board) -> str:
    """ "mañana no, pasado" """
    del board
    return "overmorrow" if m.string[: m.start()].endswith(", ") else ", overmorrow"


@_rule("near", r"(?:of )?(?P<n>tomorrow|today) in (?:_idiom )?(?P<w>8|15)(?: day)?")
def _near_in(m: re.Match[str], board: Board) -> Span | None:
    """ "mañana en ocho": a week from tomorrow."""
    ahead = (m["n"] == "tomorrow") + (7 if m["w"] == "8" else 14)
    return one_day(board.today + timedelta(days=ahead))


@_rule("near", r"overmorrow|tomorrow|today|yesterday|ereyesterday")
@_rule("near", r"(?P<n>tomorrow|today) week(?P<w>(?=$| (?:[.,?]|works?|would|is|at|please|if|ok|in|for)(?!\S)))")
def _near(m: re.Match[str], board: Board) -> Span | None:
    """ "tomorrow"; "tomorrow week" is seven days later."""
    ahead = {"overmorrow": 2, "tomorrow": 1, "today": 0, "yesterday": -1, "ereyesterday": -2}[
        m.group().removesuffix(" week")
    ]
    ahead += 7 * m.group().endswith(" week")
    return one_day(board.today + timedelta(days=ahead))


@_rule(
    "weekday",
    r"(?P<w><W>) (?:, )?(?:of |in |on |from )*(?P<r><R>) week(?! D)|(?P<s><R>) week (?:on |in |for |of |, )*(?P<x><W>)"
    r"|week after next (?:on |, )?(?P<z><W>)|(?P<z2><W>) (?:of |in )?week after next",
)
def _weekday_of_week(m: re.Match[str], board: Board) -> Span | None:
    """ "tuesday next week", "el lunes de la semana que viene" """
    weekday = WEEKDAYS.index(m["w"] or m["x"] or m["z"] or m["z2"])
    step = {"next": 1, "coming": 1, "this": 0, "last": -1, "past": -1}.get(m["r"] or m["s"] or "", 2)
    return one_day(board.today + timedelta(days=7 * step - board.today.weekday() + weekday))


@_rule("weekday", r"(?P<n>\d\d?) (?P<w><W>) (?:from (?:now|today)|out|away)")
def _weekdays_ahead(m: re.Match[str], board: Board) -> Span | None:
    """ "three fridays from now" """
    ahead = (WEEKDAYS.index(m["w"]) - board.today.weekday()) % 7 or 7
    return one_day(board.today + timedelta(days=ahead + 7 * (int(m["n"]) - 1)))


@_rule(
    "weekday",
    r"(?:(?:this|coming|on) )?(?P<w><W>) (?:, )?(?:el |on )?(?P<d>\d\d?)(?P<t>th)?"
    r"(?! (?:am|pm|hour|-|to|a|and|oclock|D|or(?! <W>)|minus)(?!\S))",
)
def _weekday_and_day(m: re.Match[str], board: Board) -> Span | None:
    """ "tuesday the 19th"; "jueves 15" only when the 15th of the next two weeks is a Thursday, else it is an hour."""
    day = int(m["d"])
    found = day_of_month(board.today, day, weekday=WEEKDAYS.index(m["w"])) if 1 <= day <= 31 else None
    if found is None or (not m["t"] and found.start > board.today + timedelta(days=13)):
        return None
    if found.start > board.today + timedelta(days=300):
        return day_of_month(board.today, day)
    return found


@_rule("soonest", "soonest")
def _soonest(m: re.Match[str], board: Board) -> Span | None:
    """ "move it up asap": from today on, where a visit is to be moved; a call back or a pill asap is another matter."""
    del m
    return one_day(board.today, ambiguous=True) if _SOONER.search(board.text) else None


@_rule(
    "weekday",
    r"(?:(?:this|on|coming) )*(?:(?P<r>next|last|past|this|coming) )?(?P<w><W>)"
    r"(?: (?P<p>after next|next to next|next|past|last|week(?! (?:of|in|is))|in (?:_idiom )?(?:8|15)(?: day)?))?",
)
def _weekday(m: re.Match[str], board: Board) -> Span | None:
    """The first after today; "next" within three days is ambiguous, for some mean the week after."""
    ahead = (WEEKDAYS.index(m["w"]) - board.today.weekday()) % 7 or 7
    rel, post = m["r"] or "", m["p"] or ""
    if rel in ("last", "past") or post in ("last", "past"):
        return one_day(board.today + timedelta(days=(ahead - 7) or -7))
    if post in ("after next", "next to next", "week") or post.startswith("in "):
        return one_day(board.today + timedelta(days=ahead + (14 if "15" in post else 7)))
    return one_day(board.today + timedelta(days=ahead), ambiguous="next" in (rel, post) and ahead <= 3)


@_rule(
    "unit",
    rf"(?:from |between |of |on |el )*(?P<a>{_DAY}) ?(?:-|to|until|a|and|or) ?(?:el )?(?P<b>{_DAY}) (?:of |in )*"
    r"(?P<r>this|next|last) month",
)
@_rule("unit", r"(?P<r>this|next|last|coming) month (?:, |on |el |day |like |maybe |the )*(?P<a>\d\d?th)(?P<b>(?!))?")
@_rule("unit", rf"(?:on |el |day )*(?P<a>{_DAY})(?P<b>(?!))? (?:of |in )+(?:(?P<r>this|next|last|coming) )?month")
def _of_month(m: re.Match[str], board: Board) -> Span | None:
    """ "the 20th of next month", "from 4 to 22 this month" """
    day = int(m["a"].removesuffix("th"))
    if not m["r"]:
        return day_of_month(board.today, day)
    first = shifted(board.today.replace(day=1), {"next": 1, "coming": 1, "last": -1}.get(m["r"], 0))
    last = int((m["b"] or m["a"]).removesuffix("th"))
    return Span(first.replace(day=day), first.replace(day=last) + timedelta(days=1)) if day <= last else None


# Words beside which "9/10" is a date and no rating.
_DATED = re.compile(
    r"(?<!\S)(?:D\d+|at|for|until|after|before|by|am|pm|works|free|available|and|or|cita|appointment)(?!\S)"
)


@_rule(
    "joined",
    r"(?:(?P<c>on|el|in|at|for|until|by|to) )?(?P<a>\d\d?)(?P<s>[/.-])(?P<b>\d\d?)"
    r"(?! (?:hour|day|week|month|year|pill|tablet|dose|cup|D|am|pm)(?!\S))",
)
def _short(m: re.Match[str], board: Board) -> Span | None:
    """ "3/12"; "4-22" and "4.22" only where they can be no hours or were led by "on"."""
    a, b, mark = int(m["a"]), int(m["b"]), m["s"]
    led = m["c"] in ("on", "el") or (m["c"] and max(a, b) > 12)
    rated = b == 10 and a <= 10 and mark == "/" and not m["c"] and not _DATED.search(board.text)
    if rated or (a, b) == (24, 7) or (mark == "-" and not led and max(a, b) <= 12) or (mark == "." and not led):
        return None
    return _in_order(board, a, b, None) if not (mark == "-" and not led and len(board.text) > 40) else None


@_rule("part", rf"(?P<p>morning|afternoon|evening|night) of (?:el |day )*(?P<d>\d\d?)(?:th)?{_FREE}")
def _part_of_date(m: re.Match[str], board: Board) -> str | None:
    """ "8 y media de la mañana del 21" """
    found = day_of_month(board.today, int(m["d"])) if 1 <= int(m["d"]) <= 31 else None
    if found is None:
        return None
    board.days.append(found)
    return f"{m['p']} D{len(board.days) - 1}"


@_rule("unit", r"week (?:of|el) (?:el |on )?(?P<d>\d\d?)(?:th)?(?! (?:of )?<M>)")
def _week_of_day(m: re.Match[str], board: Board) -> Span | None:
    day = day_of_month(board.today, int(m["d"]))
    return week_of(day.start) if day else None


@_rule(
    "nth",
    r"(?:(?:on|el|day) )*(?P<d>[12]\d|3[01])th(?! (?:of|"
    rf"{'|'.join(ROADS)}|floor|grade|grader|birthday|anniversary|time|visit|call|text|year|week|day|month|percentile|one|dose|treatment|session)(?!\S))",
)
@_rule("nth", rf"(?:(?:on|el|day) )*(?P<d>\d\d?)th{_FREE}")
@_rule("el", rf"el (?:day )?(?P<d>\d\d?){_FREE}")
@_rule("digit", r"(?:of|from|starting) (?P<d>1[3-9]|2\d|3[01])(?= (?:in adelante|onwards?|forward)(?!\S))")
@_rule("day", rf"day (?P<d>\d\d?){_FREE}")
@_rule(
    "on",
    r"on (?P<d>[4-9]|[12]\d|3[01])(?=$| (?:[.,?]|or|at|in|around|after|before|early|morning|afternoon|works|please)(?!\S))",
)
def _ordinal(m: re.Match[str], board: Board) -> Span | None:
    """ "the 20th", "el 20" """
    if m.group() == board.text and int(m["d"]) <= 3 and m.group().startswith("el"):
        return None  # "el 2" alone is an answer from the menu
    return day_of_month(board.today, int(m["d"])) if 1 <= int(m["d"]) <= 31 else None
