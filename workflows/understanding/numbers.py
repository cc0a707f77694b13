import re

from workflows.understanding.readings import Urgency

_NAMES = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "cero": 0, "uno": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9, "diez": 10,
}  # fmt: skip
_ANY = r"(?:\d{1,2}|" + "|".join(_NAMES) + ")"
_CHOICE = re.compile(
    rf"^(?:option |opcion |number |numero |la |el |choice )?({_ANY})(?= ?$| [.,]| please| thanks| thank| gracias| por favor| yes| and | but | y | pero )"  # noqa: E501  one pattern, read as one
)
_DIGIT = re.compile(r"\d")
_TEMPERATURE = re.compile(
    r"(?<![\d.:/$])(\d{2,3}(?:\.\d)?)(?= ?(?:f|c|degrees|grados|fever|temp|fiebre|de fiebre)?(?!\w))"
)
_PRESSURE = re.compile(r"(?<![\d/])(\d{2,3}) ?(?:/|over|sobre) ?(\d{2,3})(?![\d/])")
_HEAT = re.compile(r"(?<!\w)(?:fever|temp|temperature|fiebre|temperatura|degrees|grados|thermometer|termometro)(?!\w)")
_SUGAR = re.compile(r"(?<!\w)(?:sugar|sugars|glucose|azucar|glucosa|bg|a1c)(?:(?: \w{1,15}){0,4}?) (\d{2,3})(?![\d./])")
_INFANT = re.compile(
    r"(?<!\w)(?:newborn|recien nacido|(?:\d|one|two|three|four|six|eight) weeks? old|(?:1|2|one|two) months? old|(?:1|2|un|dos) mes(?:es)?)(?!\w)"  # noqa: E501  one pattern, read as one
)


def choice(text: str) -> int | None:
    """The menu digit a message answers with ("2", "2 please", "dos", "1 but my chest hurts"), else None."""
    match = _CHOICE.match(text)
    return _value(match.group(1)) if match else None


def _value(word: str) -> int:
    return _NAMES[word] if word in _NAMES else int(word)


def vitals(text: str, context: str | None) -> list[tuple[str, Urgency, int, int]]:
    """Readings that a nurse must see: (rule, tier, start, end). A bare "102" counts only after a symptom check.

    Limits: temperature 100.4 °F / 38 °C, pressure above 180/110, glucose below 54 mg/dl (below 40: emergency).
    """
    if not _DIGIT.search(text):
        return []
    return _temperatures(text, context) + _pressures(text) + _sugars(text)


def _temperatures(text: str, context: str | None) -> list[tuple[str, Urgency, int, int]]:
    if not (_HEAT.search(text) or (context == "symptom_checkin" and len(text) < 30)):
        return []
    tier = Urgency.EMERGENCY if _INFANT.search(text) else Urgency.URGENT
    return [
        ("vital.temperature", tier, *m.span())
        for m in _TEMPERATURE.finditer(text)
        if 100.4 <= float(m.group(1)) <= 109 or 38 <= float(m.group(1)) <= 43
    ]


def _pressures(text: str) -> list[tuple[str, Urgency, int, int]]:
    pairs = [(int(m.group(1)), int(m.group(2)), m.span()) for m in _PRESSURE.finditer(text)]
    return [
        ("vital.blood_pressure", Urgency.URGENT, *span)
        for high, low, span in pairs
        if high > low and 40 <= low <= 160 and (180 < high <= 300 or (high >= 120 and low > 110))
    ]


def _sugars(text: str) -> list[tuple[str, Urgency, int, int]]:
    found = []
    for m in _SUGAR.finditer(text):
        value = int(m.group(1))
        if value < 54 or value > 400:
            found.append(("vital.glucose", Urgency.EMERGENCY if value < 40 else Urgency.URGENT, *m.span()))
    return found
