"""Cohorts: a rule or a list that selects patients. A rule is one YAML file in this folder, compiled to one SQL statement."""

from workflows.cohorts.evaluation import Run, by_code, evaluate, get, members
from workflows.cohorts.rules import built_in, every, save, save_built_in

__all__ = ["Run", "built_in", "by_code", "evaluate", "every", "get", "members", "save", "save_built_in"]
