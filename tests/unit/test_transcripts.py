"""docs/programs shows what the programs do today, and leaves no way of theirs out."""

import pytest

from tests.transcripts import page, script
from workflows.programs import built_in


def test_every_program_has_a_script_and_no_script_is_left_over() -> None:
    assert script.programs() == sorted(built_in())


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("name", sorted(built_in()))
def test_every_way_of_a_program_is_walked_by_a_transcript(name: str, language: str) -> None:
    edges = page.edges(built_in()[name])

    assert sorted(edges - page.walked(name, language)) == []


def test_the_pages_say_what_the_programs_do() -> None:
    """`python -m tests.transcripts` writes them anew: read what changed before committing it."""
    changed = [path.name for path, text in page.every().items() if not path.exists() or path.read_text("utf-8") != text]

    assert changed == []
    assert page.strays() == []
