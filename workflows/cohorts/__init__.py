"""Cohorts: a rule or a list that selects patients. A rule is one YAML file in this folder, compiled to one SQL statement."""

from workflows.cohorts.evaluation import Run, by_code, evaluate, get, members
from workflows.cohorts.groups import from_group
from workflows.cohorts.rules import built_in, every, save, save_built_in
from workflows.cohorts.uploads import from_csv

__all__ = [
    "Run",
    "built_in",
    "by_code",
    "evaluate",
    "every",
    "from_csv",
    "from_group",
    "get",
    "members",
    "save",
    "save_built_in",
]
