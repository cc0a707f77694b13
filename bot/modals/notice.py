"""A modal that says something and asks nothing: loading, done, or why not."""

from collections.abc import Sequence

from bot.blocks import View, escape, section
from bot.modals.frame import modal


def message(title: str, lines: Sequence[str], *, case_id: str = "") -> View:
    """Plain lines under a title; at least one line, at most 100 (Slack's blocks per modal)."""
    return modal(title, [section(escape(line)) for line in lines], case_id=case_id)
