"""Approved answers (S23): what a patient asks that needs no clinician is answered at once, or becomes somebody's work."""

from workflows.library.entries import FILE, Entry, Library, built_in, read
from workflows.library.replies import Asked, may_answer, reply

__all__ = ["FILE", "Asked", "Entry", "Library", "built_in", "may_answer", "read", "reply"]
