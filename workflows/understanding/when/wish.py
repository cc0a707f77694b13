"""Which of the times that a text names is the one it asks for: not the ones it rules out, corrects, or only speaks of."""

import re
from datetime import timedelta
from functools import cache
from itertools import islice, takewhile

from workflows.understanding import data_files
from workflows.understanding.readings import When
from workflows.understanding.when.board import Board, Hours
from workflows.understanding.when.dates import Span, midnight, one_day, week_of
from workflows.understanding.when.words import timely

_X = r"[DH]\d+"
_XS = rf"{_X}(?: (?:at |in |of |on )*{_X})?"
_OR = rf"(?:(?: (?:, )?(?:or|ni|nor)| and) {_XS})*"
_AND = rf"(?:(?: (?:, )?(?:or|ni|nor)| and| to| a| until) {_XS})*"
_PLACED = re.compile(r"(?<!\S)([DH])(\d+)(?!\S)")
_BREAK = re.compile(
    r"(?<!\S)(?:[.?,]|but|pero|however|aunque|because|cause|cuz|bc|so|since(?! [DH]\d)|asi que|porque|ya que|pues|"
    r"thats (?:when|the day)|once|cuando|if|when(?= (?:i|im|ill|my|he|she|hes|shes|we|they|it|its|things|our|school)(?!\S))|"
    r"que (?:es|ese|esa|a esa)|when(?= \w+ (?:is|are|gets?|lets?) (?:done|over|out|back|finished|gone|in|better)(?!\S)))(?!\S)"
)
_OTHER_HOUR = re.compile(r"(?<=H\d )(?P<i>(?:instead|rather|in vez|in lugar) (?:of|than)) H\d+(?= (?:on |of )?D\d)")
_INSTEAD = re.compile(r"(?<!\S)(?:instead|in vez|in lugar) of H\d+(?= (?:a |to |, )?H\d)")
_SO = re.compile(r"(?<!\S)(?:so(?! (?:does|is|would|was|far|much|i|we|that)(?!\S))|asi que|entonces|por eso)(?!\S)")
_ECHOES = ("got it", "i got it", "ok got it", "gotcha", "noted", "understood", "entendido", "anotado", "copied")
_CHECKS = re.compile(
    r"(?: [DH]\d+)* (?:es|is|era|was) (?:mi |my |our |your )?(?:cita|appointment|visit|consulta)(?!\S)"
    r"|(?: [DH]\d+)*(?: is a(?: D\d+)?)? ,? ?(?:verdad|cierto|correcto|correct|right)(?: \?|$)|(?: [DH]\d+)* ,? ?(?:yes|no) \?"
)
_TOLD = re.compile(r"(?<!\S)(?:que (?:ese )?es|(?:gracias|thanks|bye|adios) (?:, )?until) $")
_HOURS = re.compile(
    r"(?<!\S)(?:will|are|r) (?:you|yall|they|u|office|clinic|lab) (?:guys |all )?(?:be |still )?(?:open|closed)(?!\S)"
)
_IS_IT = re.compile(r"(?:so |and |wait )*(?:is|was) (?:it|that) ")
_WHICH = re.compile(
    r"(?:so |and |wait |entonces |perdon )*(?:is it|its|it is|was it|is that|was that|es|era|fue|"
    r"(?:my |mi |the )?(?:cita|consulta|appointment|visit) (?:is|es|was|era)(?: (?:con|with) \w+ \w+)?)"
    r"(?: (?:at|on|for|in|or|[DH]\d+))* $"
)
_ASKED_BACK = re.compile(r"(?: (?:[DH]\d+|or|and|at|in|of|,))* \?")
_WHAT_DAY = re.compile(
    r"(?<!\S)(?:what|which|que|cual) (?:day|time|dia|hour) (?:is|was|did|are|es|era|fue|am|tengo)(?! (?:good|best|open|free))(?!\S)"
)
_RETURNS = re.compile(r"(?<!\S)(?:back|returning|returns?|regreso|regresamos|vuelvo|volvemos)(?!\S)")
_OF_A_VISIT = re.compile(
    r" (?:appointment |visit )?(?:with|virtual|telehealth|video|in person|for (?:me|my|him|her))(?!\S)(?!.{0,40} (?:open|available|free))"
)
_FEW = 4  # words beside the time; a longer text must ask for it in words
_ANSWER = 1  # the same where we asked for a time: else the clause of the time says little more
_ASIDE = 1  # telling words in the clause of a time that answers
_JUST = 3  # words beside "today" or "this week"; a longer text only mentions them
_SEASON = timedelta(days=120)
_CALL = re.compile(
    r"(?<!\S)(?:call|ring|phone|see|seen|come|ready|text|going|appointment|cita|llam\w+|marqu\w+|habl\w+)(?!\S)"
)
_NEAR = timedelta(days=45)
_MANY = 20  # days in one text; who names more asks for none
_FILLERS = frozenset(  # what a text may hold beside times and still be nothing but a time
    ". , ? - at in of on for a el please around by from to until about is it yes ok and or am pm just year".split()  # noqa: SIM905
)


_POLITE = _FILLERS | frozenset(
    "i ill im we well will be go going back out can could may do does how what that would works work good best fine great better me "  # noqa: SIM905
    "ok please thanks hi hello hola gracias any anytime time maybe only free available open volvere puedo podria puede ser "
    "si seria mejor me sirve queda que tal se favor por bien estaria this next my you not no but instead like it s after before "
    "either any day starting only nada mas solo then later otherwise o sea ah oh so asi entonces afterwards someday sometime mejor "
    "one ones early earlier earliest late latest".split()
)


class _Patterns:
    """The words of data/times.yaml, under `wish`, as patterns; compiled once."""

    def __init__(self) -> None:
        words = {name: _either(lines) for name, lines in _lines().items()}
        self.first = {name: frozenset(line.split()[0] for line in lines) for name, lines in _lines().items()}
        self.corrections = re.compile(rf"(?<!\S){words['corrections']}(?!\S)")
        self.requests = re.compile(rf"(?<!\S){words['requests']}(?!\S)")
        self.until_then = re.compile(rf"(?<!\S)until ({_X}) (?:i |yo )?{words['unsuitable']}(?!\S)")
        self.waits = re.compile(rf"(?<!\S){words['waits']}(?: (?![DH]\d)\S+){{0,5}}? (?:until|before) ({_XS})")
        self.ruled_out = (
            ("denials", re.compile(rf"(?<!\S){words['denials']}(?: {words['denied']})*? {_XS}{_AND}")),
            (
                "unsuitable",
                re.compile(
                    rf"{_XS}{_AND} (?:(?:is|are|s|was|would|will|does|really|just|me|that|time|day|for) ){{0,3}}"
                    rf"{words['unsuitable']}(?!\S)"
                ),
            ),
            ("noes", re.compile(rf"(?<!\S)no (?:(?:in|on|at|el|to|for) )*{_XS}(?=$| [.,?]| {words['noes']}(?!\S))")),
        )
        self.first["noes"] = frozenset(("no",))
        self.own = re.compile(
            rf"(?<!\S){words['owners']}(?: \w+){{0,2}} {words['visits']}(?: (?:that|which|i|is|was|were|have|had|on|for|of|at|in|"
            rf"to come in|scheduled|set|es|que|tengo|esta|programada|el|set up|con \w+ \w+))* {_XS}{_OR}"
            rf"|(?<!\S){words['owners']} {_XS} (?:{words['visits']}|one)(?!\S)"
        )
        self.moves = re.compile(rf"(?<!\S){words['moves']}(?!\S)")
        self.from_to = re.compile(rf"(?<!\S)(?:from|of) {_XS}(?= (?:to|a|for) (?:el |at )?{_XS})")
        self.over = re.compile(rf"(?<!\S)(?:{words['over']}|{words['facts']})(?!\S)")
        self.spoken_of = re.compile(
            rf"(?<!\S){words['spoken_of']}(?: (?:at|on|in|of|for|a|until))*(?: \w+){{0,4}} {_X}"
        )

    def may(self, name: str, words: frozenset[str]) -> bool:
        """Whether a line of this group can stand in a text of these words: each line begins with a plain word."""
        return not self.first[name].isdisjoint(words)


def _either(lines: list[str]) -> str:
    """One of the lines, those of one first letter together: so a text is compared with few of them at each word."""
    letters: dict[str, list[str]] = {}
    for line in lines:
        plain = line[0].isalpha() and line[1:2] not in ("?", "*", "+", "{")
        letters.setdefault(line[0] if plain else "", []).append(line[1:] if plain else line)
    return "(?:" + "|".join(f"{letter}(?:{'|'.join(rest)})" for letter, rest in letters.items()) + ")"


@cache
def _lines() -> dict[str, list[str]]:
    """The lines as they are written, and the plain ones also in the form that `timely` gives them."""
    written = data_files.read(data_files.FOLDER / "times.yaml")["wish"]
    plain = re.compile(r"[a-z ]+")
    formed = {
        name: [timely(line, spanish=True) for line in lines if plain.fullmatch(line)] for name, lines in written.items()
    }
    return {
        name: [*lines, *(form for form in formed[name] if form and form not in lines)]
        for name, lines in written.items()
    }


_patterns = cache(_Patterns)


def is_alone(board: Board) -> bool:
    """Whether the text says little more than its times: "how about friday", "i can do 3 or 4"."""
    return set(_PLACED.sub(" ", board.text).split()) <= _POLITE


def chosen(board: Board, *, invited: bool = False) -> When | None:
    """The window of the time that is asked for; None when none is, or when it is over.

    Where we asked for a time (`invited`) a clause that says little else answers, whatever the rest of the text tells.
    """
    others = _others(board.text)
    if _HOURS.search(board.text):
        return None
    bare = not others and _IS_IT.match(board.text) is None
    words = frozenset(board.text.split())
    text = board.text if bare else _wanted(board.text, words)
    silent = len(others) > (_ANSWER if invited else _FEW) and _patterns().requests.search(board.text) is None
    if silent and (not invited or board.text.startswith(_ECHOES)):
        return None
    marks = [m for m in islice(_PLACED.finditer(text), _MANY) if bare or _asks(text, m)]
    if silent:
        marks = [m for m in marks if _answers(text, m, board)]
    marks = _asked_first(text, marks)
    at = [(m, board.days[int(m[2])]) for m in marks if m[1] == "D"]
    at = [(m, day) for m, day in at if bare or day.end > board.now]
    if any(day.grain != "minute" for _, day in at):
        at = [(m, day) for m, day in at if day.grain != "minute"]  # "half an hour later, so 2:30 on the 21st"
    clocks = [(m, board.hours[int(m[2])]) for m in marks if m[1] == "H"]
    if not at and not clocks:
        return None
    if not at and any(m[1] == "D" for m in _PLACED.finditer(board.text)):
        return None  # the hour belonged to a day that is not asked for
    day = _day(text, at, board) if at else None
    hour = _hour(text, at, clocks)
    if day and not bare and day.start <= board.now and day.end - day.start > _SEASON:
        return None  # "cross me off for this year"
    if day and day.grain == "minute" and not invited and _CALL.search(board.text) is None:
        return None  # "in and out in 20 minutes"
    if day and not hour and day.start <= board.now and len(others) > _JUST and not _patterns().requests.search(text):
        return None  # "the second text today"
    if hour is None:
        return None if day is None else When(day.start, day.end, day.grain, day.ambiguous)
    return _joined(day, hour, board)


def _others(text: str) -> list[str]:
    """The words of a text beside its times."""
    return [word for word in _PLACED.sub(" ", text).split() if word not in _FILLERS]


def _answers(text: str, mark: re.Match[str], board: Board) -> bool:
    """Whether the clause of a time says little else: "… so monday the 21st"; "there in a minute" is no answer."""
    number = int(mark[2])
    if board.days[number].grain == "minute" if mark[1] == "D" else board.hours[number].part and not board.days:
        return False
    return _says_little("".join(_clause(text, mark)))


def _says_little(clause: str) -> bool:
    telling = [word for word in _others(clause) if word not in _POLITE]
    return len(telling) <= (_ASIDE if re.search(r"(?<!\S)D\d", clause) else 0)


def _wanted(text: str, words: frozenset[str]) -> str:
    """The text without the times that are corrected, ruled out, or the visit's own."""
    known = _patterns()
    text = _OTHER_HOUR.sub(r"\g<i> ruled out", _INSTEAD.sub("instead ruled out", text))
    if known.may("corrections", words):
        text = _corrected(text)
    if "until" in words or "before" in words:
        text = known.until_then.sub(r"\1", known.waits.sub(_waited, text))
    for name, pattern in known.ruled_out:
        if known.may(name, words):
            text = pattern.sub("ruled out", text)
    if not known.may("owners", words) and not known.may("moves", words):
        return text
    moved = known.moves.search(text) is not None
    text = _patterns().own.sub(lambda m: m.group() if moved and " for " in m.group() else "own visit", text)
    return _patterns().from_to.sub("from then", text) if moved else text


def _waited(m: re.Match[str]) -> str:
    """ "cant until friday" asks for friday, but "away until sunday, so next week" for the week."""
    return "ruled out" if re.search(r"(?<!\S)D\d", m.string[m.end() :]) else m[1]


def _corrected(text: str) -> str:
    for m in reversed(list(_patterns().corrections.finditer(text))):
        before, after = text[: m.start()], text[m.end() :]
        if after.startswith(" than "):
            continue  # "3 rather than 9"
        if re.search(r"(?<!\S)D\d", after) and re.search(_X, before):
            return _PLACED.sub("then", before) + m.group() + after
        if re.search(r"(?<!\S)H\d", after) and re.search(r"(?<!\S)H\d", before):
            return re.sub(r"(?<!\S)H\d+", "then", before) + m.group() + after
    return text


def _clause(text: str, mark: re.Match[str]) -> tuple[str, str]:
    """The words of the clause of a time, before it and from it on."""
    breaks = takewhile(
        lambda m: m.start() < mark.start(), _BREAK.finditer(text)
    )  # a break may depend on what follows it
    start = max((m.end() for m in breaks), default=0)
    stop = _BREAK.search(text, mark.end())
    return text[start : mark.start()], text[mark.start() : stop.start() if stop else len(text)]


def _asks(text: str, mark: re.Match[str]) -> bool:
    """Whether the clause of a time asks for it: it tells of nothing past, and does not only speak of the time."""
    before, after = _clause(text, mark)
    if _TOLD.search(text[: mark.start()]):
        return False  # "el 14 no, que es domingo"
    asked = list(_patterns().requests.finditer(before))
    if _patterns().over.search(before[asked[-1].end() :] if asked else before):
        return False
    if not asked and _patterns().over.search(after):
        return False
    if not asked and _CHECKS.match(text, mark.end()) and not before.endswith(("about ", "around ", "tal ")):
        return False  # "it is at 2, right?"
    if (_WHICH.match(before) and _ASKED_BACK.match(text, mark.end())) or (
        not asked and _WHAT_DAY.search(text[: mark.start()])
    ):
        return False  # "is it thursday or friday?"
    if before.endswith("is ") and _OF_A_VISIT.match(text, mark.end()):
        return False  # "is the 9:15 with the nurse"
    return _patterns().spoken_of.search(before + mark.group()) is None


def _asked_first(text: str, marks: list[re.Match[str]]) -> list[re.Match[str]]:
    """Only the times from the first day on whose own clause asks, when the clause of the first day does not."""
    days = [m for m in marks if m[1] == "D"][:_MANY]
    if len(days) < 2:
        return marks
    if (so := _SO.search(text, days[0].end(), days[-1].start())) is not None:
        led = next(m for m in days if m.start() > so.start())
        if _says_little("".join(_clause(text, led))):
            return [m for m in marks if m.start() >= so.start()]
    clauses = [(m, "".join(_clause(text, m))) for m in days]
    asking = [m for m, clause in clauses if _patterns().requests.search(clause) or not _others(clause)]
    if asking[1:] and asking[0] is days[0] and _RETURNS.search(clauses[0][1]):
        asking = asking[1:]  # "back on the 21st. the 22nd would work"
    asking = asking or [m for m, clause in clauses if _says_little(clause)]
    return [m for m in marks if m.start() >= asking[0].start()] if asking and asking[0] is not days[0] else marks


def _day(text: str, at: list[tuple[re.Match[str], Span]], board: Board) -> Span:
    first, day = at[0]
    if len(at) == 1:
        return day
    second, other = at[1]
    between = text[first.end() : second.start()]
    link = between.strip()
    if re.fullmatch(r"(?:H\d+ )?(?:-|to|until|a)(?: H\d+)?", link) or (
        link == "and" and text[: first.start()].endswith("between ")
    ):
        return Span(day.start, max(other.end, day.end), day.grain, day.ambiguous or other.ambiguous)
    if day.start <= board.now < day.end <= other.start and _patterns().requests.search(between):
        return other  # "busy today lol can we do next week"
    if day.loose and not other.loose and timedelta() < other.start - day.start < _NEAR:
        return other  # "after christmas, the 29th"
    finer, wider = (other, day) if other.end - other.start < day.end - day.start else (day, other)
    if link in ("on", "on a", "a") and _is_one_day(day, other) and timedelta(days=7) <= day.start - other.start:
        return one_day(week_of(day.start).start + timedelta(days=other.start.weekday()))  # "in 3 weeks on a tuesday"
    if link in ("", ",", "on", "on a") and _is_one_day(day, other) and timedelta(days=7) <= other.start - day.start:
        return one_day(week_of(other.start).start + timedelta(days=day.start.weekday()))  # "tuesday in 2 weeks"
    if finer.end - finer.start == wider.end - wider.start or finer.grain == wider.grain == "month":
        return Span(day.start, day.end, day.grain, day.ambiguous or other.start != day.start)
    if link in ("in", "of") and wider.grain == "month" and finer.start < wider.start and _is_one_day(finer):
        return one_day(
            wider.start + timedelta(days=(finer.start.weekday() - wider.start.weekday()) % 7)
        )  # "a thursday in january"
    slack = timedelta(days=2 if wider.grain == "week" else 0)
    if wider.start <= finer.start and finer.end <= wider.end + slack:
        return finer
    if (
        wider.grain == "week"
        and finer.start > board.now + timedelta(days=1)
        and finer.end - finer.start == timedelta(days=1)
        and wider.start > board.now
    ):
        start = wider.start + timedelta(days=finer.start.weekday())
        return one_day(start)
    joined = re.fullmatch(r"(?:H\d+ )?(?:or|and|,|/|-)*(?: or)?(?: on)?", link) is not None
    return Span(day.start, day.end, day.grain, day.ambiguous or (joined and other.start != day.start))


def _is_one_day(*days: Span) -> bool:
    return all(day.end - day.start == timedelta(days=1) for day in days)


def _hour(text: str, at: list[tuple[re.Match[str], Span]], clocks: list[tuple[re.Match[str], Hours]]) -> Hours | None:
    """The time of day nearest to the day: behind it and before the next day, else before it; a clock time before a part."""
    if not clocks:
        return None
    first = at[0][0].end() if at else 0
    limit = at[1][0].start() if len(at) > 1 else len(text)
    if at:
        day = at[0][0].start()
        close = [h for m, h in clocks if not h.part and text[m.end() : day] in (" ", " on ", " of ", " , ")]
        if close:
            return close[-1]
    if at:
        own = [(m, h) for m, h in clocks if _same_clause(text, at[0][0], m)]
        clocks = (
            [(m, h) for m, h in clocks if (m, h) in own or _says_little("".join(_clause(text, m)))] if own else clocks
        )
    behind = [h for m, h in clocks if first <= m.start() < limit]
    ahead = [h for m, h in clocks if m.start() < first]
    pool = behind or ahead or [h for _, h in clocks]
    fine = [h for h in pool if not h.part] or [h for _, h in clocks if not h.part and len(at) <= 1] or pool
    unsure = len(fine) > 1 and fine[1] != fine[0]
    hour = fine[1] if unsure and fine[1].exact and fine[0].loose else fine[0]  # "after school like 330"
    return Hours(hour.start, hour.end, hour.exact, hour.part, hour.ambiguous or unsure)


def _same_clause(text: str, one: re.Match[str], other: re.Match[str]) -> bool:
    first, second = sorted((one, other), key=lambda m: m.start())
    return _BREAK.search(text, first.end(), second.start()) is None


def _joined(day: Span | None, hour: Hours, board: Board) -> When | None:
    base = day or one_day(board.today)
    if base.grain == "month":
        return When(base.start, base.end, "month", base.ambiguous)
    if base.grain == "minute":
        return When(base.start, base.end, "minute", base.ambiguous)
    start = base.start + timedelta(minutes=hour.start)
    last_day = midnight(base.end - timedelta(minutes=1))
    grain = "week" if base.grain == "week" else "minute" if hour.exact else "part"
    if day is None and start <= board.now:
        start, last_day = start + timedelta(days=1), last_day + timedelta(days=1)
    end = last_day + timedelta(minutes=hour.end)
    return When(start, end, grain, base.ambiguous or hour.ambiguous or day is None)
