"""What patients say about how to reach them (S38), read without a database: hours for calls, hours for texts, another channel."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

CALL_HOURS, TEXT_HOURS, CHANNEL = "call_hours", "text_hours", "channel"
MIDNIGHT, LAST = time(0), time(23, 59)
MORNING, AFTERNOON, EVENING = (time(8), time(12)), (time(12), time(17)), (time(17), LAST)
PARTS = {
    "morning": MORNING, "afternoon": AFTERNOON, "evening": EVENING, "noon": (time(12), LAST), "lunch": (time(12), LAST),
    "manana": MORNING, "tarde": AFTERNOON, "noche": EVENING, "mediodia": (time(12), LAST),
}  # fmt: skip
CALLED_BY = timedelta(hours=1)  # a call asked for from five on is due by six


@dataclass(frozen=True, slots=True)
class Wish:
    """One wish: `kind` call_hours or text_hours with local `opens` and `closes`, or channel (text, call, email, mail)."""

    kind: str
    opens: time | None = None
    closes: time | None = None
    channel: str | None = None

    @property
    def words(self) -> str:
        """As staff read it: "call after 5 pm", "texts 8 am to 12 pm", "prefers e-mail"."""
        if self.kind == CHANNEL:
            return f"prefers {SAID[self.channel or 'text']}"
        verb = "call" if self.kind == CALL_HOURS else "texts"
        opens, closes = self.opens or MIDNIGHT, self.closes or LAST
        if closes >= LAST:
            return f"{verb} after {_hour(opens)}"
        if opens == MIDNIGHT:
            return f"{verb} before {_hour(closes)}"
        return f"{verb} {_hour(opens)} to {_hour(closes)}"


SAID = {"text": "texts", "call": "a call", "email": "e-mail", "mail": "letters"}


@dataclass(frozen=True, slots=True)
class Wishes:
    """What one patient has asked for."""

    call_hours: Wish | None = None
    text_hours: Wish | None = None
    channel: Wish | None = None

    @property
    def texts(self) -> tuple[time, time] | None:
        """The hours in which texts are welcome, local; None when any legal hour is."""
        wish = self.text_hours
        return (wish.opens or MIDNIGHT, wish.closes or LAST) if wish else None

    @property
    def instead(self) -> str | None:
        """The channel asked for in place of texts; None when texts are fine."""
        return self.channel.channel if self.channel and self.channel.channel != "text" else None


def call_due(wish: Wish, due: datetime, zone: str, *, at: datetime) -> datetime:
    """When a call is due so that it falls into the hours asked for: `due`, or an hour after the next opening of those hours."""
    opens, closes = wish.opens or MIDNIGHT, wish.closes or LAST
    clock = ZoneInfo(zone)
    if opens <= due.astimezone(clock).time() < closes:
        return due
    for days in range(8):
        day = at.astimezone(clock).date() + timedelta(days=days)
        start = datetime.combine(day, opens, clock).astimezone(UTC)
        by = min(start + CALLED_BY, datetime.combine(day, closes, clock).astimezone(UTC))
        if by > max(at, due - timedelta(days=1)):
            return by
    return due


def heard(words: str) -> tuple[Wish, ...]:
    """The wishes in a text from a patient, in English or Spanish; a wish for one day ("call me Tuesday after 5") is none."""
    said = _plain(words)
    if ONE_DAY.search(said):
        return ()
    instead = INSTEAD.search(said)
    if instead:
        named = next((name for name in instead.groups() if name), "")
        return (Wish(CHANNEL, channel=_channel(named)),)
    for kind, verbs in ((TEXT_HOURS, TEXTS), (CALL_HOURS, CALLS)):
        span = _hours(said, verbs)
        if span is not None:
            return (Wish(kind, *span),)
    return ()


def _hours(said: str, verbs: str) -> tuple[time, time] | None:
    """The hours named after a verb of texting or calling, negated or not."""
    match = re.search(rf"(?<!\w)(no |not |dont |do not |never |solo |only )?(?:please )?{verbs}\b(?P<rest>.*)", said)
    if match is None:
        return None
    refused, rest = (match[1] or "").strip() in ("no", "not", "dont", "do not", "never"), match["rest"]
    part = PART.search(rest)
    clock = CLOCK.search(rest)
    if clock:
        edge, after = _clock(clock), clock[1] in AFTER
        return (edge, LAST) if after is not refused else (MIDNIGHT, edge)
    if part is None:
        return None
    opens, closes = PARTS[part[2]]
    if part[1] in AFTER or part[1] in BEFORE:
        edge = opens if part[2] in ("noon", "mediodia", "lunch") or part[1] in BEFORE else closes
        return (edge, LAST) if (part[1] in AFTER) is not refused else (MIDNIGHT, edge)
    return None if refused else (opens, closes)


def _clock(match: "re.Match[str]") -> time:
    hour, minute, half = int(match[2]), int(match[3] or 0), (match[4] or "").replace(" ", "").replace(".", "")
    if half.startswith("p") and hour < 12:
        hour += 12
    elif not half and 1 <= hour <= 7:
        hour += 12  # nobody means five in the morning
    return time(hour % 24, minute % 60)


def _channel(named: str) -> str:
    if "mail" in named or "correo" in named:
        return "mail" if named in ("letter", "mail", "carta") else "email"
    return "mail" if named in ("letter", "carta") else "call" if re.match(r"call|phone|llam", named) else "text"


def _plain(words: str) -> str:
    said = words.lower().translate(str.maketrans("áéíóúñ’", "aeioun'")).replace("'", "").replace("e-mail", "email")
    return re.sub(r"\s+", " ", re.sub(r"[^\w:. ]", " ", said)).strip()


AFTER, BEFORE = ("after", "past", "from", "despues de", "a partir de"), ("before", "until", "antes de", "hasta")
_EDGE = "|".join((*AFTER, *BEFORE))
CLOCK = re.compile(rf"(?<!\w)({_EDGE})(?: the| la| las)? (\d{{1,2}})(?::(\d\d))? ?(a\.?m\.?|p\.?m\.?|am|pm)?(?!\w)")
PART = re.compile(rf"(?<!\w)(?:({_EDGE}|in|en|por|de|a) )?(?:the |la |el )?({'|'.join(PARTS)})s?(?!\w)")
ONE_DAY = re.compile(
    r"(?<!\w)(today|tonight|tomorrow|hoy|mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun|(?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|lunes|martes|miercoles|jueves|viernes|sabado|domingo|next week|proxima semana)(?!\w)"
)
TEXTS = r"(?:texts?|texting|message|messages|text me|message me|escrib\w+|mensajes?|textos?|mande\w* mensajes?)"
CALLS = r"(?:calls?|calling|phone|ring|reach|llam\w+|marqu\w+)"
_NAMES = r"(email|mail|letter|call|phone|text|correo|carta|llamada|llamen|mensaje|texto)"
INSTEAD = re.compile(
    rf"(?<!\w){_NAMES}s?(?: (?:me|us|him|her))?(?: \w+)? instead(?!\w)"
    rf"|(?:prefer|rather have|use|prefiero|mejor)(?: (?:to|a|an|get|un|una|por|que me))* {_NAMES}s?(?!\w)"
    r"|(?:mande\w*|envie\w*)(?: \w+)? (correo|carta)"
)


def _hour(at: time) -> str:
    minutes = f":{at:%M}" if at.minute else ""
    return f"{at.hour % 12 or 12}{minutes} {'am' if at.hour < 12 else 'pm'}"
