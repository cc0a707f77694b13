"""I'm off until…"""

from collections.abc import Mapping

from bot.blocks import View
from bot.modals import off as form
from bot.surfaces import worst


def lines(_level: str) -> Mapping[str, View]:
    """Three hundred colleagues with long names."""
    people = [(f"stf_{number:026d}", worst.PERSON) for number in range(300)]
    return {"form": form.build(people, day="2026-12-24", time="08:00", zone=str(worst.ZONE))}
