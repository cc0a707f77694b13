"""A colleague's role and teams."""

from collections.abc import Mapping

from bot.blocks import View
from bot.modals import settings_person as form
from bot.surfaces import worst


def lines(_level: str) -> Mapping[str, View]:
    """With the longest names and many teams."""
    teams = [(f"team_{n}", worst.TEAM) for n in range(60)]
    person = form.Person(worst.OWNER, worst.PERSON[:200], "agent", ["team_1", "team_2"], worst.LONG[:200])
    return {
        "pick": form.pick("3 agents, 1 admin"),
        "form": form.build(person, teams, mark="0123456789abcdef"),
        "first": form.build(form.Person(worst.OWNER, "Ana", stands="New."), [], mark="0123456789abcdef"),
    }
