"""Every figure once more, from the files of `app.py facts` alone; the families stand in files of their own."""

from tests.kpis import recount, recount_calls, recount_cases, recount_money, recount_numbers
from tests.kpis.counting import Unit, Wanted, counts
from tests.kpis.estimates import Told, share
from tests.kpis.files import Books

Figures = dict[str, dict[str, Told]]
TIMES = ("time_to_claim", "time_to_resolve")


class Recount:
    """One folder of files, counted once; its figures can be asked of any period and split."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.units: list[Unit] = [
            *recount.units(books),
            *recount_cases.tasks(books),
            *recount_numbers.of_first_texts(books),
        ]
        self.classed = list(recount.of_classes(books))

    def figures(self, wanted: Wanted) -> Figures:
        """{KPI: {group: what it says}}; a KPI that is not split so is not there."""
        if wanted.cut == "arm":
            return {"recovered": recount_money.arms(self.books, wanted)}
        units = [*self.units, *self.classed] if wanted.cut == "class" else self.units
        found: Figures = {
            kpi: {name: share(hits, of) for name, (hits, of) in groups.items()}
            for kpi, groups in counts(self.books, units, wanted).items()
        }
        found |= {
            kpi: {name: one.told for name, one in recount_cases.times(self.books, kpi, wanted).items()} for kpi in TIMES
        }
        if wanted.cut != "class":
            found |= recount_numbers.opt_outs(self.books, wanted)
        if wanted.cut not in ("class", "week"):
            found["red_flag_miss"] = recount_calls.alarms(self.books, wanted)
        if wanted.cut in ("", "program"):
            of = (wanted.program or recount_money.PROGRAM) if wanted.cut else ""
            found["cost_per_recovered"] = {of: recount_money.cost(self.books, wanted).told}
        if not wanted.cut:
            found["incremental_recovery"] = {"": recount_money.difference(self.books, wanted)}
        if not wanted.cut and (spared := recount_calls.spared(self.books, wanted)):
            found["avoidable_callbacks"] = {"": spared}
        return found
