"""Times of day: clock times, ranges, "after 3", parts of the day. The rules run when the days are out of the text."""

import re

from workflows.understanding.when.board import Board, Hours, Rule, collector, is_denied

PARTS = {
    "dawn": (6, 8),
    "morning": (8, 12),
    "am": (8, 12),
    "afternoon": (12, 17),
    "pm": (12, 17),
    "evening": (17, 20),
    "night": (17, 20),
}
RULES: list[Rule] = []
_rule = collector(RULES)
_OPENS, _CLOSES = 8 * 60, 17 * 60  # a window without its other end reaches as far as the day does
_NOT_A_TIME = (
    r"(?! (?:\d{3,4}|day|week|month|year|minute|times?|percent|mg|ml|pills?|tablets?|people|person|-|/|\$|degrees|miles?|of <M>|kids?|"
    r"lbs|pounds|dollars|x|weeks|doses?|shots?|stars?|out|over|units?|bucks|calls?|messages?|texts?|visits?)(?!\S))"
)


def _clock(n: int) -> str:
    """A clock time; its groups carry the number `n`."""
    return (
        rf"(?P<h{n}>\d\d?)(?:[:.](?P<m{n}>[0-5]\d)(?:[:.]\d\d)?|(?P<q{n}>[0-5]\d)| (?P<r{n}>[0-5]\d))?"
        rf"(?: (?:in )?(?P<s{n}>am|pm))?(?: hour(?! (?:later|ago|from)(?!\S)))?"
    )


_MOVING = re.compile(r"(?<!\S)(?:move|push|change|switch|reschedule|bump|mover|cambiar|pasar)\w*(?: \S+){0,4} ?$")
_OFFERING = re.compile(r"(?<!\S)(?:can|could|lets|may|might|would|rather)(?: (?:i|we|you|it))? $")
_SAID = re.compile(r"(?<!\S)(?:so|say|like|maybe|digamos|como) $")
_DAY_NEXT = re.compile(r" (?:on |of )?D\d")
_ENDED = re.compile(r"$| (?:[.,?]|or|on|if|works?|please)(?!\S)")
_BESIDE = re.compile(r"D\d+ (?:, |for |on |a )*$")  # a day stands right before


def half_of_day(text: str) -> str | None:
    """ "am" when the first part of the day that is named is the morning, "pm" when it is a later one."""
    m = next((m for m in _PART_WORD.finditer(text) if not is_denied(m)), None)
    return None if m is None else "am" if m.group() in ("morning", "dawn") else "pm"


_PART_WORD = re.compile(r"(?<!\S)(?:dawn|morning|afternoon|evening|night)(?!\S)")


@_rule(
    "until",
    r"(?:not|no|cant|wont|dont|never|busy|unavailable|work|working|meetings?|class|clases?|trabajo|trabajando|ocupad[oa]|puedo)"
    r"(?: [a-z]+){0,4} until"
    r"(?= (?:at )?\d)",
)
@_rule("before", r"(?:not|no|nothing|cant|wont|never|puedo)(?: [a-z]+){0,4} before(?= (?:at )?\d)")
def _from_then(m: re.Match[str], board: Board) -> str:
    """ "not before 10", "busy until 3": from then on."""
    del m, board
    return "after"


@_rule(
    "half",
    r"half (?:past |after )?(?P<h>\d\d?|noon)|(?<!is )(?<!im )(?<!hes )(?<!shes )(?<!am )(?<!turned )(?P<k>\d\d?) and half(?! hour)",
)
@_rule("quarter", r"(?:a |at )?quarter (?P<w>past|after|to|until|before|of|for) (?:at )?(?P<h>\d\d?|noon|midnight)")
@_rule("for", r"(?:at )?(?<!el )(?P<n>5|10|15|20|25) (?:minute )?(?P<w>for) at (?P<h>\d\d?)")
@_rule("quarter", r"(?P<k>\d\d?) (?P<w>and|minus) quarter")
@_rule("minus", r"(?P<k>\d\d?) (?P<w>minus) (?P<n>[1-5]\d|5)")
@_rule("and", r"(?<=at )(?P<k>\d\d?) (?P<w>and) (?P<n>[1-5]\d|5)")
@_rule("past", r"(?P<n>[1-5]\d|5) (?:minute )?(?P<w>past) (?P<h>\d\d?)(?!\d| (?:of|/)(?!\S))")
@_rule("after", r"(?P<n>[1-5]\d|5) (?:minute )?(?P<w>after) (?P<h>\d\d?)(?!\d| (?:of|/)(?!\S))")
@_rule(
    "to",
    r"(?P<n>[1-5]\d(?= minute)|5|15|20|25) (?:minute )?(?P<w>to) (?P<h>\d\d?|noon|midnight)(?= (?:am|pm|H|D)|$| [.,?])",
)
def _spoken(m: re.Match[str], board: Board) -> str:
    """ "half past 2" → "at 2:30", "3 menos cuarto" → "at 2:45"."""
    del board
    groups = m.groupdict()
    said = groups.get("h") or groups.get("k") or ""
    hour = {"noon": 12, "midnight": 24}.get(said) or int(said)
    minutes = int(groups.get("n") or (15 if "quarter" in m.group() else 30))
    back = (groups.get("w") or "") in ("to", "until", "before", "of", "minus", "for")
    total = hour * 60 + (-minutes if back else minutes)
    suffix = {"noon": " am" if back else " pm", "midnight": " pm" if back else " am"}.get(said, "")
    led = m.string[: m.start()].endswith(("at ", "around "))
    return f"{'' if led else 'at '}{(total // 60 - 1) % 12 + 1 if hour <= 12 or suffix else total // 60}:{total % 60:02d}{suffix}"


@_rule("noon", r"(?P<h>\d\d?(?::\d\d)?(?: am)?) ?(?P<l>-|to|and|until) noon")
@_rule("between", r"(?<=between )noon (?P<l>and) (?P<k>\d\d?(?::\d\d)?)(?: pm)?")
@_rule("noon", r"noon ?(?P<l>-|to|until) ?(?P<k>\d\d?(?::\d\d)?)(?: pm)?")
def _to_noon(m: re.Match[str], board: Board) -> str:
    """ "10 to noon", "noon-2" """
    del board
    groups = m.groupdict()
    return f"{m['h']} {m['l']} 12 pm" if groups.get("h") else f"12 pm {m['l']} {m['k']} pm"


@_rule("noon", r"(?:(?P<o>after|before|past|by|until) )?(?:around |at |of )*(?:12 )?noon")
@_rule("midnight", r"(?:(?P<o>after|before|past|until) )?(?:around |at |of |by )*midnight")
def _noon(m: re.Match[str], board: Board) -> Hours | None:
    """Noon and lunch; "after lunch" is the afternoon."""
    del board
    if "midnight" in m.group():
        return None if m["o"] else Hours(0, 60, exact=True)  # "nothing to eat after midnight"
    if m["o"] in ("after", "past"):
        return Hours(720, _CLOSES, loose=True)
    return Hours(_OPENS, 720, loose=True) if m["o"] else Hours(720, 780, exact=True)


@_rule(
    "after",
    r"after (?:i |he |she |my |mi |of |the )*(?:get (?:off|out)(?: of)?(?: (?:work|school))?|work|working|trabajo|trabajar|job|"
    r"salir(?: of)?(?: trabajo)?|trabaje|off|(?P<s>school|class|escuela|clases?))",
)
@_rule("eod", r"(?:by |at |until )?eod(?P<s>(?!))?")
def _work(m: re.Match[str], board: Board) -> Hours:
    del board
    return Hours(15 * 60 if m["s"] else _CLOSES, 20 * 60 if not m["s"] else _CLOSES, loose=True)


@_rule("before", r"before (?:i |my |mi |el )*(?:work|trabajo|school|escuela)(?P<s>(?!))?")
def _before_work(m: re.Match[str], board: Board) -> Hours:
    del m, board
    return Hours(_OPENS, _OPENS + 60, loose=True)


@_rule(
    "digit",
    rf"(?P<c>(?:(?:in )?between|from|of|at|around) )*{_clock(1)} ?(?P<l>-|to|and|until|a|or)(?: (?:at|around|of))* ?"
    rf"{_clock(2)}{_NOT_A_TIME}",
)
def _range(m: re.Match[str], board: Board) -> Hours | None:
    """ "2-4pm", "between 9 and 11"; "3 or 4" is the first, with doubt."""
    link, led = m["l"], (m["c"] or "").strip()
    said = bool(m["s1"] or m["s2"] or m["m1"] or m["m2"] or board.days or board.half or led)
    if (
        not said
        or (link in ("and", "a") and not led and not m["s2"])
        or (link == "or" and not (led or m["s2"] or board.days))
    ):
        return None
    late = m["s2"] or m["s1"]
    end = _minutes(m, 2, late or board.half)
    start = _minutes(m, 1, m["s1"] or _carried(m) or (None if m["s2"] else board.half))
    if start is None or end is None:
        return None
    if link == "or":
        return Hours(start, max(end, start + 60), exact=True, ambiguous=True)
    if end <= start and end + 720 <= 24 * 60 and not m["s2"]:
        end += 720
    return Hours(start, end) if start < end else None


def _carried(m: re.Match[str]) -> str | None:
    """In "2-4pm" the pm counts for both; in "11-1pm" it does not."""
    first, last, late = int(m["h1"]), int(m["h2"]), m["s2"]
    if late is None:
        return None
    if late == "pm":
        return "pm" if first < last != 12 or first == 12 else "am"
    return "am"


@_rule(
    "digit",
    rf"(?P<o>after|before|past|by|until|since|from)(?: around| at| like)* {_clock(1)}{_NOT_A_TIME}"
    rf"|(?:at |around )*{_clock(2)} (?:(?:or|and) (?P<l>later|after|late|on|before|early|earlier)|"
    r"onwards?|forward|in adelante|up(?! (?:front|to|here|there)(?!\S)))",
)
def _open(m: re.Match[str], board: Board) -> Hours | None:
    """ "after 3" reaches to the end of the day, "before 10" begins with it."""
    n = 1 if m["h1"] else 2
    at = _minutes(m, n, m[f"s{n}"] or board.half)
    if at is None or (m["o"] == "from" and not (m["s1"] or m["m1"] or board.days)):
        return None
    if m["o"] == "since" and not (board.spanish or board.days):
        return None  # "it hurts since 4am"; "desde las 3" may look ahead
    early = m["o"] in ("before", "by", "until") and not is_denied(m)
    if early or m["l"] in ("before", "early", "earlier"):
        return Hours(min(_OPENS, at), at if at > _OPENS else _OPENS + 60)
    return Hours(at, max(_CLOSES, at + 60))


@_rule(
    "digit",
    rf"(?:(?P<c>at|around|@|to|do|make it) )*(?:for (?=\d)|(?P<z>like) (?=\d))?{_clock(1)}"
    rf"(?P<x>(?= (?:(?:, )?(?:on |in )?D\d|(?:, )?(?:in |of |at )(?:morning|afternoon|evening|night)(?!\S))))?{_NOT_A_TIME}",
)
def _single(m: re.Match[str], board: Board) -> Hours | None:
    """A clock time needs a cue: "at", "pm", a colon, a day or a part of the day at its side."""
    before = m.string[: m.start()]
    led = m["c"]
    if led is None and board.days and (m["z"] or _SAID.search(before[-9:])) and _ENDED.match(m.string, m.end()):
        led = "like"  # "tomorrow, i drop the kids so 9"
    if (led == "to" and not _MOVING.search(before)) or (led == "do" and not _OFFERING.search(before)):
        led = None
    beside_part = m["x"] is not None
    cued = led or m["s1"] or m["m1"] or beside_part
    beside = _BESIDE.search(m.string[max(0, m.start() - 16) : m.start()]) is not None
    minuted = m["q1"]
    if minuted and not cued and (not (board.days or board.half) or (len(m["h1"] + minuted) == 3 and not beside)):
        return None
    if not (cued or beside or minuted) or (m["r1"] and not (led or m["s1"] or beside_part)):
        return None
    if minuted and m["h1"] in ("19", "20") and not cued:
        return None  # a year
    at = _minutes(m, 1, m["s1"] or board.half)
    return None if at is None else Hours(at, at + 60, exact=True)


def _minutes(m: re.Match[str], n: int, half: str | None) -> int | None:
    """Without am or pm, 1 to 6 are after noon and 7 to 11 before it; a written "07:30" is as it stands."""
    said = m[f"h{n}"]
    hour, minute = int(said), int(m[f"m{n}"] or m[f"q{n}"] or m[f"r{n}"] or 0)
    if hour > 23 or minute > 59 or (m[f"s{n}"] and not 1 <= hour <= 23):
        return None
    if hour < 12 and (half == "pm" or (half is None and 1 <= hour <= 6 and not (said[0] == "0" and m[f"m{n}"]))):
        hour += 12
    if hour == 12 and m[f"s{n}"] == "am":
        hour = 0
    return hour % 24 * 60 + minute


@_rule(
    "part",
    r"(?:in |on |at |of |any )*(?:(?P<e>early|late|mid)(?: -)? (?:in |hour of )*)?(?P<p>dawn|morning|afternoon|evening|night)"
    r"(?! (?:of$|of (?!D)|before(?!\S)|sickness|sweats?|shift|meds|pill|dose)(?!\S))(?: (?P<l>early))?",
)
@_rule("part", r"(?:(?P<l>any|in) )?(?<!i )(?P<p>am|pm)(?P<e>(?!))?")
def _part(m: re.Match[str], board: Board) -> Hours | None:
    """ "in the morning"; "am" and "pm" only at the side of a day."""
    del board
    if m.string[: m.start()].endswith(("that ", "esa ", "ese ", "aquella ")):
        return None
    if m["p"] in ("am", "pm") and not (
        m["l"] or _BESIDE.search(m.string[: m.start()][-16:]) or _DAY_NEXT.match(m.string, m.end())
    ):
        return None
    first, last = PARTS[m["p"]]
    if m["e"] == "late":
        first = {8: 10, 12: 15}.get(first, first + 1)
    if m["e"] == "mid":
        first += 2
    return Hours(first * 60, last * 60, part=True)


@_rule("edge", r"(?P<e>early)(?! one(?!\S))(?: thing| in day)?")
def _early(m: re.Match[str], board: Board) -> Hours | None:
    """ "tomorrow early", "temprano" """
    del m
    return Hours(_OPENS, 720, part=True) if board.days else None
