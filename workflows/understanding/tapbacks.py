import re
from enum import StrEnum

_OPEN = "[\"“”«'‘]"
_TAPBACK = re.compile(
    r"\s{0,3}(?:(?P<verb>liked|loved|disliked|laughed at|emphasi[sz]ed|questioned|"
    r"le gust[oó]|le encant[oó]|no le gust[oó]|se ri[oó] de|enfatiz[oó]|cuestion[oó]|pregunt[oó] por|"
    r"removed an? \w{2,20} from|reacted \S{1,12} to|reaccion[oó] con \S{1,12} a|\S{1,12} to)"
    rf"\s{{1,3}}(?:{_OPEN}(?P<body>.*)|an? (?:image|photo|video|attachment|movie|picture|message)|una? (?:imagen|foto|v[ií]deo|mensaje)))",
    re.IGNORECASE | re.DOTALL,
)
_CLOSERS = "\"”“»'’"
_WARM = ("liked", "loved", "le gust", "le encant", "👍", "❤", "reacted 👍", "reacted ❤", "reaccion")
_COLD = ("disliked", "questioned", "no le gust", "cuestion", "pregunt", "👎", "reacted 👎")


class Mood(StrEnum):
    """What a Tapback says about the message it stands on."""

    WARM = "warm"
    COLD = "cold"
    NEUTRAL = "neutral"


def split(text: str) -> tuple[Mood | None, str, int]:
    """The mood of a Tapback (None when it is not one), what the patient wrote after it, and where that starts.

    The quoted part is our own message: it is cut out, so that no later layer can take it for the patient's words.
    """
    match = _TAPBACK.match(text)
    if match is None:
        return None, text, 0
    mood = _mood(match.group("verb").lower())
    body = match.group("body")
    if body is None:
        return mood, text[match.end() :], match.end()
    close = max(text.rfind(mark) for mark in _CLOSERS)
    if close < match.start("body"):  # cut off in transit: all of it is quotation
        return mood, "", len(text)
    return mood, text[close + 1 :], close + 1


def _mood(verb: str) -> Mood:
    if verb.startswith(_COLD):
        return Mood.COLD
    return Mood.WARM if verb.startswith(_WARM) else Mood.NEUTRAL


def asks_for_one(text: str) -> bool:
    """Whether the quoted message asked to reply 1: liking it is a weak yes, for a person to judge."""
    return re.search(r"(?:reply|respond[ae]|text|env[ií]e) (?:con )?(?:1|y|yes|c)\b", text, re.IGNORECASE) is not None
