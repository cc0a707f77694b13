from workflows.understanding.readings import VERSION, Evidence, Reading, Urgency, When, to_line
from workflows.understanding.verdict import read

__all__ = ["VERSION", "Evidence", "Reading", "Urgency", "When", "read", "to_line"]
