"""Who may do what: one table, asked again on every click (P4)."""

from enum import StrEnum

from core.errors import Refused


class Role(StrEnum):
    VIEWER = "viewer"
    AGENT = "agent"
    CLINICIAN = "clinician"
    MANAGER = "manager"
    ADMIN = "admin"
    AUDITOR = "auditor"


class Verb(StrEnum):
    """What a person can ask for."""

    READ_CASE = "case.read"
    PRACTISE = "case.practise"  # on a case that is nobody's
    WORK_CASE = "case.work"  # claim, release, reschedule, close, reply
    WORK_CLINICAL = "case.work_clinical"
    WORK_LEGAL = "case.work_legal"
    ASSIGN = "case.assign"
    EDIT_WORDING = "wording.edit"
    APPROVE_WORDING = "wording.approve"
    LOWER_READING = "reading.lower"
    APPROVE_LEXICON = "lexicon.approve"
    STOP = "sends.stop"
    RESUME = "sends.resume"
    LAUNCH = "campaign.launch"
    SEE_REPORT = "report.see"  # figures of programs and groups
    SEE_KPIS = "kpi.see"  # of teams and people too
    SETTINGS = "settings.change"
    READ_AUDIT = "audit.read"


_STAFF = frozenset({Verb.READ_CASE, Verb.SEE_REPORT, Verb.PRACTISE, Verb.ASSIGN, Verb.STOP, Verb.EDIT_WORDING})
TABLE: dict[Role, frozenset[Verb]] = {
    Role.VIEWER: frozenset({Verb.READ_CASE, Verb.SEE_REPORT}),
    Role.AGENT: _STAFF | {Verb.WORK_CASE},
    Role.CLINICIAN: _STAFF
    | {Verb.WORK_CASE, Verb.WORK_CLINICAL, Verb.APPROVE_WORDING, Verb.LOWER_READING, Verb.APPROVE_LEXICON},
    Role.MANAGER: _STAFF
    | {Verb.WORK_CASE, Verb.WORK_LEGAL, Verb.APPROVE_WORDING, Verb.RESUME, Verb.LAUNCH, Verb.SEE_KPIS},
    Role.ADMIN: _STAFF | {Verb.APPROVE_WORDING, Verb.SETTINGS, Verb.SEE_KPIS},
    Role.AUDITOR: frozenset({Verb.READ_AUDIT}),
}
SAY = {
    Verb.READ_CASE: "Your role cannot open cases. Nothing was changed. A manager can change your role.",
    Verb.SEE_REPORT: "Your role cannot read the report. A manager can change your role.",
    Verb.PRACTISE: "Your role works on no cases, so there is none to practise on. A manager can change your role.",
    Verb.WORK_CASE: "Your role can read this case but not work on it. Nothing was changed. A manager can change your role.",
    Verb.WORK_CLINICAL: "This is a clinical case: a clinician has to take it. Nothing was changed.",
    Verb.WORK_LEGAL: "This is a manager's case: a manager has to take it. Nothing was changed.",
    Verb.EDIT_WORDING: "Your role cannot change what patients are sent. Nothing was changed.",
    Verb.APPROVE_WORDING: "A clinician, manager or admin has to approve. Nothing was published.",
    Verb.LOWER_READING: "Only a clinician may say that a clinical text is less urgent. Nothing was changed.",
    Verb.APPROVE_LEXICON: "A clinician has to approve what is read as clinical. Nothing was published.",
    Verb.STOP: "Your role cannot stop texts. Nothing was stopped. Any agent, clinician or manager can.",
    Verb.RESUME: "Texts stay stopped: a manager has to resume them.",
    Verb.SETTINGS: "An admin changes settings. Nothing was changed.",
    Verb.ASSIGN: "Your role cannot hand cases to others. Nothing was changed.",
}


def demand(role: Role, verb: Verb) -> None:
    """Raise Refused, with what is true now, when the role may not."""
    if verb not in TABLE[role]:
        raise Refused(SAY.get(verb, "Your role cannot do that. Nothing was changed."))
