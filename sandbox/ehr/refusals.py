"""How the chart says no: an HTTP status and an OperationOutcome."""

from typing import Any


class FhirError(Exception):
    """A refused interaction. `issue` is an R4 issue-type code, `where` a FHIRPath to what is wrong, or ""."""

    def __init__(self, status: int, issue: str, say: str, *, where: str = "") -> None:
        super().__init__(say)
        self.status = status
        self.issue = issue
        self.say = say
        self.where = where

    def outcome(self) -> dict[str, Any]:
        """The OperationOutcome that goes out with the status."""
        issue: dict[str, Any] = {"severity": "error", "code": self.issue, "diagnostics": self.say}
        if self.where:
            issue["expression"] = [self.where]
        return {"resourceType": "OperationOutcome", "issue": [issue]}

    def inside(self, place: str) -> "FhirError":
        """The same refusal, told from the outside: `place` is where in the bundle it happened."""
        return FhirError(self.status, self.issue, self.say, where=f"{place}{'.' if self.where else ''}{self.where}")
