"""The times that a reply names, in English and Spanish: `window` is what the other layers ask."""

from workflows.understanding.when.reading import window

__all__ = ["window"]
