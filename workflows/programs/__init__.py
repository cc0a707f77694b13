"""Programs: one YAML file each. Adding one is adding a file to this folder."""

from functools import lru_cache
from pathlib import Path

from core.errors import Misconfigured
from workflows.programs.model import Program, load

__all__ = ["Program", "built_in"]

_FOLDER = Path(__file__).parent


@lru_cache(maxsize=1)
def built_in() -> dict[str, Program]:
    """Every program of this folder by its name; a file that cannot be read stops the start. Raises Misconfigured."""
    found: dict[str, Program] = {}
    for path in sorted(_FOLDER.glob("*.yaml")):
        program = load(path)
        if program.program != path.stem:
            raise Misconfigured(f"{path.name} calls itself '{program.program}'", fix="Name the file after its program.")
        found[program.program] = program
    return found
