"""What is worked out from the understanding's data, kept beside it as Python keeps .pyc files: the first start of a version pays."""

import marshal
import os
import sys
import tempfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from workflows.understanding import data_files

T = TypeVar("T")
_HERE = Path(__file__).parent
_KEPT = _HERE / "data" / "__pycache__"
_BROKEN = (OSError, EOFError, ValueError, TypeError)


def kept(name: str, make: Callable[[], T]) -> T:
    """What `make` gives, from the file of an earlier start when neither data nor code changed since.

    Only plain values (strings, numbers, lists, tuples, dicts, frozensets). Where no file can be written it is made anew.
    """
    there: T | None = found(name)
    if there is not None:
        return there
    made = make()
    with suppress(OSError):  # a read-only place
        _write(_path(name), marshal.dumps(made))  # type: ignore[arg-type]  # T is one of the plain values
    return made


def there(name: str) -> bool:
    """Whether something is kept under this name for this version."""
    return _path(name).exists()


def found(name: str) -> Any:
    """What is kept under this name for this version; None when nothing is, or nothing that can be read."""
    try:
        return marshal.loads(_path(name).read_bytes())  # noqa: S302  our own file, as trusted as the .pyc beside it
    except _BROKEN:
        return None


def _path(name: str) -> Path:
    return _KEPT / f"{name}.{sys.implementation.cache_tag}-{_version()}.bin"


@cache
def _version() -> str:
    """Changes with any file that a kept value is made from."""
    content = b""
    for path in sorted([*_HERE.glob("*.py"), *data_files.FOLDER.rglob("*.yaml"), *data_files.FOLDER.glob("*.txt")]):
        content = fingerprint(content + path.read_bytes()).to_bytes(8)
    return content.hex()


def fingerprint(content: bytes) -> int:
    """64 bits that tell contents apart; two checks of zlib, because importing hashlib costs 3.5 MB."""
    return zlib.crc32(content) << 32 | zlib.crc32(content[::-1])


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all; those of earlier versions go."""
    path.parent.mkdir(exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
    os.chmod(file.name, 0o644)  # for the other users of this machine too
    os.replace(file.name, path)
    for old in path.parent.glob(f"{path.name.partition('-')[0]}-*.bin"):
        if old != path:
            old.unlink(missing_ok=True)
