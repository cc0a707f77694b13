"""Campaigns: one approved launch of a program over a frozen cohort, paced by what the team can bear (docs/campaigns.md)."""

from workflows.campaigns.drafts import Draft, create
from workflows.campaigns.launching import launch
from workflows.campaigns.previews import preview
from workflows.campaigns.records import by_number, count_later, get
from workflows.campaigns.starting import approve, approve_and_start, ask_approval, start
from workflows.campaigns.steering import follow, pause, resume, stop

__all__ = [
    "Draft",
    "approve",
    "approve_and_start",
    "ask_approval",
    "by_number",
    "count_later",
    "create",
    "follow",
    "get",
    "launch",
    "pause",
    "preview",
    "resume",
    "start",
    "stop",
]
