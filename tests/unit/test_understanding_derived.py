"""What is worked out once and kept beside the data, as .pyc files are: never wrong, never needed."""

import os
from pathlib import Path
from typing import Any

import pytest

from workflows.understanding import derived


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(derived, "_KEPT", tmp_path / "kept")
    return tmp_path / "kept"


def made_anew() -> Any:
    raise AssertionError("it was kept")


def test_a_second_start_reads_what_the_first_one_made(folder: Path) -> None:
    value = {"chest ~ pain": frozenset(("chest", "pain"))}
    assert derived.kept("lines", lambda: value) == value
    assert derived.kept("lines", made_anew) == value


def test_another_version_of_the_data_is_made_anew_and_the_old_file_goes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    derived.kept("lines", lambda: ["old"])
    monkeypatch.setattr(derived, "_version", lambda: "another")
    assert derived.kept("lines", lambda: ["new"]) == ["new"]
    assert [path.suffix for path in folder.iterdir()] == [".bin"]


@pytest.mark.parametrize("broken", [b"", b"\xff\xff", b"["])
def test_a_broken_file_is_made_anew(folder: Path, broken: bytes) -> None:
    derived.kept("lines", lambda: ["right"])
    for path in folder.iterdir():
        path.write_bytes(broken)
    assert derived.kept("lines", lambda: ["right"]) == ["right"]
    assert derived.kept("lines", made_anew) == ["right"]


def test_where_nothing_can_be_written_it_still_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "no_folder"
    file.write_text("in the way", "utf-8")
    monkeypatch.setattr(derived, "_KEPT", file / "kept")
    assert derived.kept("lines", lambda: ["right"]) == ["right"]
    assert os.listdir(tmp_path) == ["no_folder"]
