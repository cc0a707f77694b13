from functools import cache

from workflows.understanding import data_files


@cache
def common(language: str) -> frozenset[str]:
    """The words that stand in nearly every text of a language ("en", "es")."""
    return frozenset(_words()[language].split())


@cache
def _telling(language: str) -> frozenset[str]:
    return common(language) | frozenset(_words()[f"tell_{language}"].split())


def _words() -> dict[str, str]:
    return data_files.read(data_files.FOLDER / "languages.yaml")


def guess(words: list[str]) -> str | None:
    """ "en" or "es" by function words; None when neither prevails. It chooses the reply's template, never the reading."""
    english, spanish = _telling("en"), _telling("es")
    more = sum((word in english) - (word in spanish) for word in words)
    return None if more == 0 else "en" if more > 0 else "es"
