"""The one page that shows the local Slack, the phones, the EHR's day and the clock."""

from sandbox.page.routes import Page

__all__ = ["Page"]
