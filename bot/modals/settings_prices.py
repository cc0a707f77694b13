"""What outreach costs."""

from collections.abc import Mapping
from typing import Any

from bot.blocks import Block, View, begun, context, input_block, input_text
from bot.modals import settings
from bot.modals.frame import Submit, typed

CALLBACK = "settings.prices.submit"
_PREFIX = "settings.prices."


def build(known: Mapping[str, str], titles: Mapping[str, str], *, needed: tuple[str, ...], mark: str) -> View:
    """A field a price; `titles` are {name: what it is called}, `known` what is typed there now."""
    blocks: list[Block] = [context("In US dollars. Without them there is no cost of a recovered visit.")]
    for name, title in titles.items():
        typing = begun(input_text(_PREFIX + name, max_length=12, multiline=False), known.get(name))
        blocks.append(input_block(title, _PREFIX + name, element=typing, optional=name not in needed))
    return settings.form("Prices", blocks, about=f"prices:{mark}", submit=Submit("Save", CALLBACK))


def parse_submission(view: Mapping[str, Any], titles: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """(the mark, {name: what was typed} of what was filled in)."""
    _, mark = settings.subject(view, CALLBACK)
    return mark, {name: said for name in titles if (said := typed(view, _PREFIX + name))}
