"""Local EHR: FHIR R4 over HTTP with versions, conditional writes, transactions and change notifications."""

from sandbox.ehr.chart import Chart, ChartConfig

__all__ = ["Chart", "ChartConfig"]
