"""What the chart knows of R4: elements, which of them repeat, which must be there, and the closed code lists."""

COMMON = frozenset(
    {
        "resourceType",
        "id",
        "meta",
        "implicitRules",
        "language",
        "text",
        "contained",
        "extension",
        "modifierExtension",
    }
)
COMMON_LISTS = frozenset({"contained", "extension", "modifierExtension"})


def _shape(single: str, lists: str) -> dict[str, frozenset[str]]:
    many = frozenset(lists.split()) | COMMON_LISTS
    return {"all": frozenset(single.split()) | many | COMMON, "lists": many}


SHAPES = {
    "Patient": _shape(
        "active gender birthDate deceasedBoolean deceasedDateTime maritalStatus multipleBirthBoolean "
        "multipleBirthInteger managingOrganization",
        "identifier name telecom address photo contact communication generalPractitioner link",
    ),
    "Practitioner": _shape(
        "active gender birthDate", "identifier name telecom address photo qualification communication"
    ),
    "Location": _shape(
        "status operationalStatus name description mode address physicalType position managingOrganization partOf "
        "availabilityExceptions",
        "identifier alias type telecom hoursOfOperation endpoint",
    ),
    "Schedule": _shape("active planningHorizon comment", "identifier serviceCategory serviceType specialty actor"),
    "Slot": _shape(
        "appointmentType schedule status start end overbooked comment",
        "identifier serviceCategory serviceType specialty",
    ),
    "Appointment": _shape(
        "status cancelationReason appointmentType priority description start end minutesDuration created comment "
        "patientInstruction",
        "identifier serviceCategory serviceType specialty reasonCode reasonReference supportingInformation slot "
        "basedOn participant requestedPeriod",
    ),
    "Encounter": _shape(
        "status class serviceType priority subject period length hospitalization serviceProvider partOf",
        "identifier statusHistory classHistory type episodeOfCare basedOn participant appointment reasonCode "
        "reasonReference diagnosis account location",
    ),
    "Condition": _shape(
        "clinicalStatus verificationStatus severity code subject encounter onsetDateTime onsetPeriod abatementDateTime "
        "abatementPeriod recordedDate recorder asserter",
        "identifier category bodySite stage evidence note",
    ),
    "Observation": _shape(
        "status code subject encounter effectiveDateTime effectivePeriod issued valueQuantity valueCodeableConcept "
        "valueString valueBoolean dataAbsentReason bodySite method specimen device",
        "identifier basedOn partOf category focus performer interpretation note referenceRange hasMember derivedFrom component",
    ),
    "Procedure": _shape(
        "status statusReason category code subject encounter performedDateTime performedPeriod recorder asserter location outcome",
        "identifier basedOn partOf performer reasonCode reasonReference bodySite report complication followUp note usedCode",
    ),
    "Task": _shape(
        "instantiatesCanonical instantiatesUri groupIdentifier status statusReason businessStatus intent priority code "
        "description focus for encounter executionPeriod authoredOn lastModified requester owner location reasonCode "
        "reasonReference restriction",
        "identifier basedOn partOf performerType insurance note relevantHistory input output",
    ),
    "Communication": _shape(
        "status statusReason priority subject topic encounter sent received sender",
        "identifier instantiatesCanonical instantiatesUri basedOn partOf inResponseTo category medium about recipient "
        "reasonCode reasonReference payload note",
    ),
}
REQUIRED = {
    "Patient": (),
    "Practitioner": (),
    "Location": (),
    "Schedule": ("actor",),
    "Slot": ("schedule", "status", "start", "end"),
    "Appointment": ("status", "participant"),
    "Encounter": ("status", "class"),
    "Condition": ("subject",),
    "Observation": ("status", "code"),
    "Procedure": ("status", "subject"),
    "Task": ("status", "intent"),
    "Communication": ("status",),
}
PRIORITY = frozenset({"routine", "urgent", "asap", "stat"})
CODES: dict[str, dict[str, frozenset[str]]] = {
    "Patient": {"gender": frozenset({"male", "female", "other", "unknown"})},
    "Practitioner": {"gender": frozenset({"male", "female", "other", "unknown"})},
    "Location": {
        "status": frozenset({"active", "suspended", "inactive"}),
        "mode": frozenset({"instance", "kind"}),
    },
    "Slot": {"status": frozenset({"busy", "free", "busy-unavailable", "busy-tentative", "entered-in-error"})},
    "Appointment": {
        "status": frozenset(
            [
                "proposed",
                "pending",
                "booked",
                "arrived",
                "fulfilled",
                "cancelled",
                "noshow",
                "entered-in-error",
                "checked-in",
                "waitlist",
            ]
        )
    },
    "Encounter": {
        "status": frozenset(
            [
                "planned",
                "arrived",
                "triaged",
                "in-progress",
                "onleave",
                "finished",
                "cancelled",
                "entered-in-error",
                "unknown",
            ]
        )
    },
    "Observation": {
        "status": frozenset(
            [
                "registered",
                "preliminary",
                "final",
                "amended",
                "corrected",
                "cancelled",
                "entered-in-error",
                "unknown",
            ]
        )
    },
    "Procedure": {
        "status": frozenset(
            [
                "preparation",
                "in-progress",
                "not-done",
                "on-hold",
                "stopped",
                "completed",
                "entered-in-error",
                "unknown",
            ]
        )
    },
    "Task": {
        "status": frozenset(
            [
                "draft",
                "requested",
                "received",
                "accepted",
                "rejected",
                "ready",
                "cancelled",
                "in-progress",
                "on-hold",
                "failed",
                "completed",
                "entered-in-error",
            ]
        ),
        "intent": frozenset(
            [
                "unknown",
                "proposal",
                "plan",
                "order",
                "original-order",
                "reflex-order",
                "filler-order",
                "instance-order",
                "option",
            ]
        ),
        "priority": PRIORITY,
    },
    "Communication": {
        "status": frozenset(
            [
                "preparation",
                "in-progress",
                "not-done",
                "on-hold",
                "stopped",
                "completed",
                "entered-in-error",
                "unknown",
            ]
        ),
        "priority": PRIORITY,
    },
}
PARTICIPANT_STATUS = frozenset({"accepted", "declined", "tentative", "needs-action"})
INSTANTS = {
    "Slot": ("start", "end"),
    "Appointment": ("start", "end"),
    "Task": ("authoredOn", "lastModified"),
    "Communication": ("sent", "received"),
}
OVER = frozenset({"fulfilled", "cancelled", "noshow", "entered-in-error"})
TAKES_A_SLOT = frozenset({"pending", "booked", "arrived", "checked-in"})
