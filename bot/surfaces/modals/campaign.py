"""`/recall`: draft, preview, the reasons asked for."""

from collections.abc import Mapping

from bot.blocks import View, escape
from bot.modals import campaign as form
from bot.surfaces import messages, worst


def lines(_level: str) -> Mapping[str, View]:
    """Counts and codes at every level."""
    view = messages.a_campaign("previewed")
    return {
        "draft": form.draft(cohorts=worst.choices(300, "coh"), programs=worst.choices(300, "cmp"), cohort="x"),
        "preview": form.preview(view, submit=form.APPROVE, note=escape(worst.LONG)),
        "preview_only": form.preview(view, submit=None),
        "resume": form.why(worst.record("cmp"), 9_999_999, what=form.RESUME),
        "stop": form.why(worst.record("cmp"), 9_999_999, what=form.STOP),
    }
