"""Which texts belong to the conversation that a case is about."""

from sqlalchemy import ColumnElement, or_, select

from storage.tables import Case, Conversation, Message


def of_case(case: Case) -> ColumnElement[bool]:
    """The patient's whole conversation (a stranger's: their number's), what the case is about, and what it sent."""
    with_whom = (
        Conversation.patient_id == case.patient_id
        if case.patient_id
        else Conversation.patient_id.is_(None) & (Conversation.number_id == case.number_id)
    )
    talk = select(Conversation.id).where(Conversation.org_id == case.org_id, with_whom)
    return or_(Message.conversation_id.in_(talk), Message.id == case.message_id, Message.case_id == case.id)
