"""The closed sets a program may use: outcomes and routings, intents of the understanding, and how values are written.

Intents that the engine treats before any step sees them (opt-out, clinical concern, wrong number, death) are left out.
"""

from typing import Annotated, Literal

from pydantic import Field

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
EventName = Annotated[str, Field(pattern=r"^[a-z]+\.[a-z_]+$")]
Duration = Annotated[
    str,
    Field(pattern=r"^[1-9]\d{0,2}(d|h|m|bd)$", description="2d calendar days, 3bd business days, 36h or 20m elapsed"),
]
Anchor = Literal["appointment", "discharge", "due", "trigger"]
Channel = Literal["text", "whatsapp", "voice", "email"]
Check = Literal["schedule", "instructions", "provider", "preference", "consent"]
FactName = Literal["language", "age", "appointment_kind", "appointment_status", "segment", "source"]
Due = Annotated[str, Field(pattern=r"^[1-9]\d{0,2} (business hour|business day|minute|hour|day)s?$")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2}$")]
Priority = Literal["urgent", "high", "normal"]
Outcome = Literal[
    "booked",
    "confirmed",
    "completed",
    "declined",
    "unreachable",
    "opted_out",
    "stopped_by_ehr",
    "wrong_number",
    "deceased",
    "handed_over",
    "withdrawn",
]
Context = Literal[
    "appointment_confirm",
    "survey_0_10",
    "instruction_check",
    "next_step_check",
    "symptom_checkin",
    "outreach_schedule",
]
Intent = Literal[
    "confirm",
    "cancel",
    "reschedule",
    "time_given",
    "ready",
    "decline_outreach",
    "defer",
    "question",
    "billing",
    "contact_pref",
    "running_late",
    "score",
    "praise",
    "complaint",
    "hostile",
    "thanks",
    "ack",
    "greeting",
    "help",
    "proxy",
    "human",
    "understood",
    "not_understood",
    "done",
    "not_done",
    "doing_well",
    "other",
]
Arrival = Literal["slot", "no_slots", "form"]
Digit = Literal["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]

Routing = Literal[
    "booked",
    "recovered",
    "confirmed",
    "escalated",
    "nurtured",
    "closed",
    "retried",
    "sent_to_review",
]
