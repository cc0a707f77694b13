"""Forms: one YAML file each. Adding one is adding a file to this folder."""

from functools import lru_cache
from pathlib import Path

from core.errors import Misconfigured
from workflows.forms.model import Form, load

__all__ = ["Form", "built_in", "of_code"]

_FOLDER = Path(__file__).parent


@lru_cache(maxsize=1)
def built_in() -> dict[str, Form]:
    """Every form of this folder by its code; a file that cannot be read stops the start. Raises Misconfigured."""
    found: dict[str, Form] = {}
    for path in sorted(_FOLDER.glob("*.yaml")):
        form = load(path)
        if form.form != path.stem:
            raise Misconfigured(f"{path.name} calls itself '{form.form}'", fix="Name the file after its form.")
        found[form.form] = form
    return found


def of_code(code: str) -> Form:
    """The form with this code. Raises Misconfigured when there is none."""
    form = built_in().get(code)
    if form is None:
        raise Misconfigured(f"There is no form '{code}'", fix=f"The forms are {', '.join(built_in())}.")
    return form
