"""What the loader of the forty wrote is what the tables say."""

from sqlalchemy import func, select

from storage.tables import Appointment, Case, Enrollment, Message, Suppression
from tests.kpis import runs
from tests.kpis.books import Books


def test_the_forty_stand_in_the_database_as_in_the_table(books: Books) -> None:
    clinic = runs.forty()

    books.keep(clinic)

    with books.begin() as session:
        assert session.scalar(select(func.count()).select_from(Enrollment)) == 40
        assert session.scalar(select(func.count()).where(Enrollment.holdout)) == 2
        taken = select(func.count()).where(Message.direction == "out", Message.provider_sid.is_not(None))
        assert session.scalar(taken) == 62 + 1  # and one to somebody's own phone
        assert session.scalar(select(func.count()).where(Message.state == "refused")) == 2
        assert session.scalar(select(func.count()).select_from(Suppression)) == 5
        missed = select(func.count()).where(Appointment.status == "noshow")
        assert session.scalar(missed) == 13
        assert session.scalar(select(func.count()).where(Case.kind == "practice")) == 1
        assert session.scalar(select(func.count()).where(Case.state == "closed", Case.kind != "pilot_review")) == 19
