import re

_NAMES = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "cero": 0, "uno": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9, "diez": 10,
}  # fmt: skip
_ANY = r"(?:\d{1,2}|" + "|".join(_NAMES) + ")"
_CHOICE = re.compile(
    rf"^(?:option |opcion |number |numero |la |el |choice )?({_ANY})(?= ?$| [.,]| please| thanks| thank| gracias| por favor| yes| and | but | y | pero )"  # noqa: E501  one pattern, read as one
)


def choice(text: str) -> int | None:
    """The menu digit a message answers with ("2", "2 please", "dos", "1 but my chest hurts"), else None."""
    match = _CHOICE.match(text)
    return _value(match.group(1)) if match else None


def _value(word: str) -> int:
    return _NAMES[word] if word in _NAMES else int(word)
