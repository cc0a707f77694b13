import pytest

from workflows.reading_level import grade, syllables


@pytest.mark.parametrize(
    ("word", "language", "count"),
    [
        ("time", "en", 1),
        ("people", "en", 2),
        ("didn't", "en", 2),
        ("moved", "en", 1),
        ("wanted", "en", 2),
        ("available", "en", 4),
        ("911", "en", 1),
        ("cita", "es", 2),
        ("día", "es", 2),
        ("ciudad", "es", 2),
        ("quiere", "es", 2),
        ("pingüino", "es", 3),
        ("aérea", "es", 4),
        ("hoy", "es", 1),
    ],
)
def test_syllables(word: str, language: str, count: int) -> None:
    assert syllables(word, language) == count


@pytest.mark.parametrize(
    ("text", "language", "least", "most"),
    [
        ("We can find you a new time. Reply 1 for a call.", "en", 0, 3),
        ("The cat sat on the mat. It was a hot day.", "en", 0, 1),
        ("Your consultation requires additional documentation prior to your appointment.", "en", 14, 25),
        ("Le buscamos otra cita. Responda 1 para que le llamemos.", "es", 4, 6),
        ("Su consulta requiere documentación adicional correspondiente al procedimiento.", "es", 13, 16),
        ("{}", "en", 0, 0),
    ],
)
def test_a_text_reads_at_a_grade(text: str, language: str, least: float, most: float) -> None:
    assert least <= grade(text, language) <= most
