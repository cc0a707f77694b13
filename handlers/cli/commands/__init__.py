"""Operator commands: one file each, exporting `COMMAND` (click). Heavy imports stay inside: `app.py` starts in a second."""

import importlib
import pkgutil
import sys

import click


def discover() -> list[click.Command]:
    """Every command of this folder, by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(sys.modules[__name__].__path__))
    return [importlib.import_module(f"{__name__}.{name}").COMMAND for name in names]
