"""The number that answers "0-10, how likely are you to recommend us?"."""

import re
from math import ceil

_NAMES = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "tens": 10,
    "cero": 0, "uno": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9, "diez": 10,
    "dieces": 10,
}  # fmt: skip
_WORDS = "|".join(_NAMES)
_DIGITS = r"\d{1,2}(?:[.,]\d{1,2})?(?:ish|s)?"
_ANY = rf"(?:{_DIGITS}|{_WORDS})"
_UNITS = (
    r"(?: - (?:hours?|minutes?|days?|weeks?|months?|years?|stars?|horas?|minutos?)|"
    r" ?(?:/|:|percent|stars?|estrellas?|thumbs?|pulgares|hours?|minutes?|days?|weeks?|months?|years?|times|people|am|pm|oclock|"
    r"nurses|doctors|different|separate|visits?|calls|other|others|of (?:the|my|your|us|them|those|these)|more|attempts|tries|pokes|sticks|"
    r"appointments?|dollars|bucks|kids|patients|staff|voicemails|messages|phone|texts|o clock|horas?|minutos?|dias?|semanas?|meses|"
    r"anos?|veces|"
    r"personas|enfermeras|doctores|llamadas|citas|dolares|pesos|intentos|de la (?:manana|tarde)|(?:out )?of [1-46-9]|out of 5|de 5|"
    r"and a half (?:hours|stars)|"
    r"x|times?|to \d{1,2}|st|nd|rd|th|mg|miles|feet|floor|patients?|complaints?|pain|problems?|wait|issues?|"
    r"thing|person|tooth|teeth))(?!\w)"
)
_BEFORE = (  # what may stand before an answer
    r"(?:(?:all|straight|puros|todo|todos|"
    r"hi|hello|hola|ok|yes|well|oh|hmm|honestly|overall|um|lol|score|rating|answer|is|it|its|my|a|an|un|una|the|about|around|like|solid|strong|big|fat|easy|definite|"
    r"definitely|probably|maybe|only|just|at least|i|id|ill|would|will|say|said|give|rate|go with|choose|pick|put|you|u|them|him|her|this|"
    r"yall|place|number|option|as|that|am giving|giving|me|le|les|doy|daria|pongo|pongan|ponle|yo|diria|seria|un buen|digo|califico|con|"
    r"calificacion|puntuacion|nota|mi|solo|como|puro|total|easily|perfect|clear|hands down|absolutely|"
    r"por mi parte|pues|bueno|,|[.]|-|:) ){0,7}"
)
_OUT_OF = re.compile(
    rf"(?<![\w.:/-])({_ANY})(?: ?/ ?(?:10|ten|diez)| (?:out of|of|de|sobre|over|on) (?:a possible )?(?:10|ten|diez))(?!\w)"
)
_HALVES = re.compile(
    r"(?<!\w)(nine|eight|seven|six|\d|nueve|ocho|siete|seis) (?:1/2|1 / 2|and a half|y medio)(?! (?:hours|stars))(?!\w)"
)
_LEADING = re.compile(rf"^{_BEFORE}({_DIGITS})(?! ?- ?\d)(?!{_UNITS})(?![\w/:])")
_LEADING_WORD = re.compile(
    rf"^{_BEFORE}({_WORDS})(?= ?$| [.,?\-]| (?:but|because|cause|cuz|cus|porque|pero|for|para|only|por|since|thanks|gracias|please|points|puntos|and|y|smile|heart|thumbsup|all|great|excellent|excelente|que|thank|due|no|if|el|la|los|the|with)(?!\w))"  # noqa: E501  one pattern, read as one
)
_TRAILING = re.compile(
    rf"(?:(?:^| )(?:a|an|un|una|solid|is|de|:|,|[.]|score|rating|give|say|doy|give (?:you|it|them|her|him)|-|otorgo|pongo|puntos) )({_ANY})(?= (?:points|puntos)| ?$| [.,]{{1,3}}(?: (?:thanks|thank you|gracias))? ?$)"  # noqa: E501  one pattern, read as one
)
_END = re.compile(rf"(?<![\w.$/:-])({_DIGITS})(?: (?:[.,]|smile|heart|thumbsup|thanksign|emoji))* ?$")
_BARE = re.compile(rf"(?<![\w.$/:-])({_DIGITS})(?!{_UNITS})(?![\w/:])")
_EACH = re.compile(
    rf"(?<![\w.$/:-])({_ANY}) (?:for|para|on|to|al|a la|por) (?:the|dr|doctor|nurse|my|your|staff|front|wait|her|him|la|el|los|las|doctor|doctora|service|care|parking|them|billing|food)(?!\w)"  # noqa: E501  one pattern, read as one
)
_CHOICE = re.compile(
    rf"(?<!\w)(?:(?:between|entre|from|somewhere) (?:a |an |un |el )?{_ANY} (?:and|y|to|a|or|e|-) (?:a |an |un |el )?{_ANY}|{_ANY} (?:or|o|u|maybe|quizas|a veces|to|-|/) (?:a |an |un |maybe )?{_ANY}(?! (?:times|minutes|hours|days|weeks))|(?<!\d )[0-9]{{1,2}}[-/][0-9](?![0-9/]))(?!\w)"  # noqa: E501  one pattern, read as one
)
_NOT_SCORE = re.compile(
    r"(?:waited|at|room|took|dr|floor|almost|after|the|number|another|each|every|a las|espere|this|that|which|any|not|no|not a|isnt a|"
    r"would be a|would be|wouldve been a|would have been a|been a|could be a|seria un|seria|hubiera sido un|age|suite|line|bed|highway|apartment|for|over|since|in|by|and|with|of|to|step|phase|call|waiting|last|next|first)$"  # noqa: E501  one pattern, read as one
)  # fmt: skip


def score(text: str) -> int | None:
    """The 0-10 score of a normal text, None when there is none or when two compete ("7 or 8", "a 10 for her, a 3 for the wait").

    Parts are rounded half down ("8.5" is 8): a comment is never counted as better than it was meant.
    """
    if _CHOICE.search(text) and not _OUT_OF.search(text):
        return None
    for rated in (_rated(_OUT_OF, text), _rated(_HALVES, text, half=True)):
        if rated:
            return _only(rated)
    each = _rated(_EACH, text)
    if len(each) > 1:
        return None
    first = None if text.startswith("- ") else _LEADING.match(text) or _LEADING_WORD.match(text)
    if first:
        return _only({_value(first.group(1))})
    if len(_rated(_BARE, text)) > 1 or text.startswith("- "):
        return None
    last = _rated(_TRAILING, text) or (_rated(_END, text) if len(text.split()) <= _SHORT else set())
    return _only(last | each)


def unclear(text: str) -> bool:
    """Whether a text without a score still speaks of numbers that may be meant as one."""
    return any(mark.isdigit() for mark in text) or _CHOICE.search(text) is not None


_SHORT = 12


def _rated(pattern: re.Pattern[str], text: str, *, half: bool = False) -> set[float]:
    return {
        _value(m.group(1)) + 0.5 * half
        for m in pattern.finditer(text)
        if not _NOT_SCORE.search(text[max(0, m.start(1) - 24) : m.start(1)].strip())
    }


def _only(rated: set[float]) -> int | None:
    if len(rated) != 1:
        return None
    value = ceil(rated.pop() - 0.5)
    return value if 0 <= value <= 10 else None


def _value(word: str) -> float:
    if word in _NAMES:
        return float(_NAMES[word])
    return float(word.removesuffix("ish").removesuffix("s").replace(",", "."))
