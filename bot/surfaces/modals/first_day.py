"""The first day's checklist."""

from collections.abc import Mapping

from bot.blocks import View
from bot.modals import first_day as form
from bot.surfaces import worst


def lines(_level: str) -> Mapping[str, View]:
    """The longest words; a plan that is longer than a window."""
    steps = [form.Step(f"step{n}", worst.TITLE, bool(n % 2), worst.LONG) for n in range(8)]
    page = "\n".join(f"| **Texts** | {worst.LONG} |" for _ in range(20))
    return {
        "list": form.build(steps, said=worst.LONG),
        "phone": form.ask_phone(known=""),
        "other_phone": form.ask_phone(known="0123"),
        "plan": form.ask_plan([(f"program_{n}", worst.TITLE) for n in range(20)]),
        "read": form.plan(f"# {worst.TITLE}\n{page}", code="recall", version=7, population=worst.LONG[:200]),
    }
