"""Compiled lines kept from an earlier start: the same matches as compiled anew, whatever happens to the file."""

import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from workflows.understanding import derived, expressions, lexicon

SOURCES = [p.source for c in lexicon.everything().concepts for p in (*c.patterns, *c.company, *c.guards)][::40]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(derived, "_KEPT", tmp_path / "kept")
    kept = expressions._kept
    kept.cache_clear()
    yield tmp_path / "kept"
    kept.cache_clear()


def test_what_was_kept_is_what_compiling_gives(folder: Path) -> None:
    assert len(SOURCES) > 100
    expressions.keep(SOURCES)

    kept = expressions._kept()
    assert len(kept) == len(set(SOURCES))
    for source in SOURCES:
        code = kept[expressions._key(source)]
        assert expressions._from_code(source, code) == re.compile(source)  # the same numbers and flags


def test_a_second_process_does_not_compile(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expressions.keep([r"(?<!\w)chest pain(?!\w)"])
    monkeypatch.setattr(re, "compile", None)
    expressions._kept.cache_clear()

    found = expressions.compiled(r"(?<!\w)chest pain(?!\w)").search("my chest pain is back")

    assert found
    assert found.span() == (3, 13)


@pytest.mark.parametrize("code", [b"", b"\0", expressions._code("a")[:-3], zlib.compress(b"\xff" * 40)])
def test_a_broken_piece_is_compiled_anew(folder: Path, code: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expressions, "_kept", lambda: {expressions._key("ab+"): code})

    assert expressions.compiled("ab+").match("abb")


def test_a_python_without_the_private_doors_compiles_as_ever(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(source: str) -> bytes:
        raise AttributeError(source)

    monkeypatch.setattr(expressions, "_code", gone)
    expressions.keep(["ab+"])

    assert not folder.exists()
    assert expressions.compiled("ab+").match("abb")
