"""Codes as the EHR and staff read them."""

TASKS = {
    "duplicate_chart": "Check two charts that look like one person",
    "ready_to_schedule": "Book a visit: the patient is ready",
    "reschedule": "Offer a new appointment time",
    "call_task": "Call the patient: texts were not answered",
    "interpreter": "Call the patient with an interpreter",
    "call_back": "Call the patient: a call was asked for",
    "red_flag": "Call the patient: urgent symptom reported",
    "clinical": "Clinical review of a patient's reply",
    "deceased": "Confirm a reported death and correct the chart",
    "legal_threat": "A manager settles a legal matter with the patient",
    "missing_contact": "Find a working phone number",
    "chart_update": "Update the chart: care done elsewhere, or patient moved",
    "wrong_number": "Correct the phone number in the chart",
    "opt_out_check": "Ask whether the visit was meant",
    "unknown_send": "Check whether a text was sent",
    "human_owned": "Contact the patient by hand",
    "pre_check": "Complete the record before outreach",
    "tcm_call": "Call the patient after discharge",
    "review": "Read a patient's reply",
    "low_score": "Call the patient: low score after a visit",
}


def task_code(kind: str) -> str:
    """What the EHR's Task asks for."""
    return TASKS.get(kind, "Outreach follow-up")
