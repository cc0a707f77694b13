"""A rule as one SQL statement over the mirror: it writes the members and answers with the funnel's counts. Set-based, no row comes here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from workflows.cohorts.periods import Span, begins
from workflows.cohorts.spec import Cohort, Rule

VOID = ("entered-in-error", "refuted", "cancelled", "not-done", "nullified", "preparation", "registered")
DATES = {"start": "at", "end": "until", "recorded": "recorded_at"}
VISIT_DATES = {"start": "start_at", "end": "end_at"}
GUARDS = {
    "hospice": "hospice",
    "admitted": "admitted",
    "live": "live",
    "reentry": "lately",
    "stale": "CAST(:stale AS boolean)",
}
PERSON, LIVE, LATELY = -1, -2, -3  # the numbers of what is no rule of the file


@dataclass(frozen=True, slots=True)
class Moment:
    """When and where a rule is asked: today in the clinic's zone, and now."""

    now: datetime
    today: date
    zone: str


@dataclass(slots=True)
class Statement:
    """SQL with its values; every word of a rule goes in as a value, never as SQL."""

    moment: Moment
    values: dict[str, Any] = field(default_factory=dict)

    def put(self, value: object) -> str:
        """A placeholder for a value."""
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f":{name}"


def compile_rule(
    spec: Cohort, moment: Moment, *, listed: bool = False, misaged: Sequence[UUID] = ()
) -> tuple[str, dict[str, Any]]:
    """The statement and its values; `:org`, `:run`, `:cohort` and `:stale` are the caller's to fill.

    It inserts into `cohort_members` everybody who met all requirements, and returns (reason, count) over all patients, where
    reason is "in", what they missed first, or what took them out. `misaged`: those whose birth year leaves open on which side
    of an age limit they are, and whose sealed birth date says outside.
    """
    statement = Statement(moment)
    rules = [
        *((f"require.{rule.name}", rule) for rule in spec.require),
        *((f"exclude.{rule.name}", rule) for rule in spec.exclude),
    ]
    found = [
        _people(spec, statement, listed=listed, misaged=misaged),
        *(_row(number, _records(rule, statement)) for number, (_, rule) in enumerate(rules)),
        *(
            _row(number, some)
            for number, some in ((LIVE, _live(spec, statement)), (LATELY, _lately(spec, statement)))
            if some
        ),
    ]
    sql = f"WITH found AS ({' UNION ALL '.join(found)}), {_person(rules)}, {_judged(rules)}, {_TAIL}"
    return sql.replace("MOST", statement.put(spec.max_size)), statement.values


_TAIL = """
placed AS MATERIALIZED (
    SELECT *, row_number() OVER (PARTITION BY missed IS NULL AND barred IS NULL ORDER BY since NULLS FIRST, id) AS place FROM judged
),
told AS MATERIALIZED (
    SELECT *, coalesce(barred, CASE WHEN place > MOST THEN 'max_size' END) AS reason FROM placed
),
kept AS (
    INSERT INTO cohort_members (org_id, run_id, patient_id, verdict, reason, match_confidence, evidence)
    SELECT :org, :run, id, CASE WHEN reason IS NULL THEN 'in' ELSE 'out' END, reason, match_confidence, evidence
    FROM told WHERE missed IS NULL AND reason IS DISTINCT FROM 'max_size'
)
SELECT coalesce(missed, reason, 'in') AS reason, count(*) AS patients FROM told GROUP BY 1
"""


def _people(spec: Cohort, statement: Statement, *, listed: bool, misaged: Sequence[UUID]) -> str:
    missed = ["WHEN p.deceased THEN 'deceased'", "WHEN NOT p.active THEN 'inactive'"]
    if spec.base.age is not None:
        oldest, youngest = (
            statement.moment.today.year - years for years in (spec.base.age.to + 1, spec.base.age.from_)
        )
        missed.append("WHEN p.birth_year IS NULL THEN 'birth_unknown'")
        missed.append(
            f"WHEN p.birth_year NOT BETWEEN {statement.put(oldest)} AND {statement.put(youngest)} "
            f"OR p.id = ANY(CAST({statement.put(list(misaged))} AS uuid[])) THEN 'age'"
        )
    if spec.base.sex is not None:
        missed.append(f"WHEN p.gender IS DISTINCT FROM {statement.put(spec.base.sex)} THEN 'sex'")
    entry = (
        "JOIN cohort_entries e ON e.org_id = p.org_id AND e.patient_id = p.id AND e.cohort_id = :cohort"
        if listed
        else ""
    )
    confidence = "e.match_confidence" if listed else "'sure'"
    return (
        f"SELECT p.id AS patient_id, {PERSON} AS rule, CAST(NULL AS text) AS record, CAST(NULL AS timestamptz) AS at, "  # noqa: S608
        f"p.hospice, p.admitted, {confidence} AS match_confidence, CASE {' '.join(missed)} END AS missed "
        f"FROM patients p {entry} WHERE p.org_id = :org"
    )


def _row(number: int, selected: str) -> str:
    """What a rule found, in the shape of the others: all of it goes through one GROUP BY, and no join can be planned badly."""
    return f"SELECT patient_id, {number}, record, at, NULL, NULL, NULL, NULL FROM ({selected}) found_{number + 3}"  # noqa: S608


def _records(rule: Rule, statement: Statement) -> str:
    """The latest record a patient that this rule finds."""
    if rule.resource == "Appointment":
        at, kind = VISIT_DATES[rule.date], statement.put("Appointment")
        where = [*_states(rule, "r.status", statement), *_dated(rule, f"r.{at}", statement)]
        if rule.types:
            where.append(f"lower(r.kind) = ANY({statement.put([one.lower() for one in rule.types])})")
        table = "appointments r"
    else:
        at, kind = DATES[rule.date], statement.put(rule.resource)
        where = [f"r.resource = {kind}", *_states(rule, "r.status", statement), *_dated(rule, f"r.{at}", statement)]
        if rule.class_:
            where.append(f"r.class = ANY({statement.put(list(rule.class_))})")
        if rule.codes:
            where.append(f"r.id IN ({_coded(rule, statement)})")
        table = "clinical_records r"
    return (
        f"SELECT DISTINCT ON (r.patient_id) r.patient_id, CAST({kind} AS text) || '/' || r.ehr_id AS record, r.{at} AS at "  # noqa: S608
        f"FROM {table} WHERE r.org_id = :org{''.join(f' AND {one}' for one in where)} ORDER BY r.patient_id, r.{at} DESC NULLS LAST, r.id"
    )


def _states(rule: Rule, column: str, statement: Statement) -> list[str]:
    if rule.status:
        return [f"{column} = ANY({statement.put(list(rule.status))})"]
    return [f"{column} <> ALL({statement.put(list(VOID))})"]


def _dated(rule: Rule, column: str, statement: Statement) -> Iterator[str]:
    today, zone = statement.moment.today, statement.moment.zone
    if rule.ahead:
        end = Span(0, 1).after(Span.parse(rule.ahead).after(today))
        yield f"{column} >= {statement.put(statement.moment.now)} AND {column} < {statement.put(begins(end, zone))}"
    if rule.within:
        since = begins(Span.parse(rule.within).before(today), zone)
        yield f"{column} >= {statement.put(since)} AND {column} <= {statement.put(statement.moment.now)}"
    if rule.older_than:
        yield f"{column} < {statement.put(begins(Span.parse(rule.older_than).before(today), zone))}"


def _coded(rule: Rule, statement: Statement) -> str:
    """Ids of records with one of the codes. A prefix is a range in byte order: an index can be used under row-level security."""
    matches = []
    for codes in rule.codes:
        system = statement.put(codes.url)
        if codes.in_:
            matches.append(f"(c.system = {system} AND c.code = ANY({statement.put(list(codes.in_))}))")
        for prefix in codes.prefix:
            after = prefix[:-1] + chr(ord(prefix[-1]) + 1)
            matches.append(
                f"(c.system = {system} AND c.code >= {statement.put(prefix)} AND c.code < {statement.put(after)})"
            )
    selects = [f"SELECT c.record_id FROM clinical_codes c WHERE c.org_id = :org AND {match}" for match in matches]  # noqa: S608
    return " UNION ALL ".join(selects)


_ENROLLED = (
    "SELECT DISTINCT n.patient_id, CAST(NULL AS text) AS record, CAST(NULL AS timestamptz) AS at FROM enrollments n "
    "JOIN programs g ON g.org_id = n.org_id AND g.id = n.program_id WHERE n.org_id = :org AND g.code = {program}"
)


def _live(spec: Cohort, statement: Statement) -> str:
    """Who is in the program now; nothing for a rule without one."""
    if spec.program is None:
        return ""
    return _ENROLLED.format(program=statement.put(spec.program)) + " AND n.state <> 'ended'"


def _lately(spec: Cohort, statement: Statement) -> str:
    """Who was in the program lately: they are not asked again before the re-entry span is over."""
    if spec.program is None:
        return ""
    found = _ENROLLED.format(program=statement.put(spec.program))
    if spec.reentry == "never":
        return found
    since = begins(Span.parse(spec.reentry).before(statement.moment.today), statement.moment.zone)
    return f"{found} AND n.started_at >= {statement.put(since)}"


def _person(rules: Sequence[tuple[str, Rule]]) -> str:
    """One row a patient, with what each rule found."""
    each = [
        f"bool_or(rule = {n}) AS has_{n}, max(record) FILTER (WHERE rule = {n}) AS record_{n}, max(at) FILTER (WHERE rule = {n}) AS at_{n}"
        for n, _ in enumerate(rules)
    ]
    known = [
        "bool_or(hospice) AS hospice", "bool_or(admitted) AS admitted", "max(match_confidence) AS match_confidence",
        "max(missed) AS missed", f"bool_or(rule = {LIVE}) AS live", f"bool_or(rule = {LATELY}) AS lately",
    ]  # fmt: skip
    return (
        f"person AS MATERIALIZED (SELECT patient_id AS id, {', '.join([*known, *each])} FROM found "  # noqa: S608
        f"GROUP BY patient_id HAVING bool_or(rule = {PERSON}))"
    )


def _judged(rules: Sequence[tuple[str, Rule]]) -> str:
    """What each patient missed first, what took them out first, and the records that say so."""
    numbered = list(enumerate(rules))
    missed = [f"WHEN NOT has_{n} THEN '{step}'" for n, (step, _) in numbered if step.startswith("require.")]
    barred = [f"WHEN has_{n} THEN '{step}'" for n, (step, _) in numbered if step.startswith("exclude.")]
    barred += [f"WHEN {test} THEN '{guard}'" for guard, test in GUARDS.items()]
    shown = [
        f"'{rule.name}', CASE WHEN has_{n} THEN jsonb_build_object('record', record_{n}, 'at', at_{n}) END"
        for n, (_, rule) in numbered
    ]
    since = [f"at_{n}" for n, (step, _) in numbered if step.startswith("require.")]
    first = f"CASE {' '.join(missed)} END" if missed else "NULL"
    return (
        f"judged AS MATERIALIZED (SELECT id, match_confidence, coalesce(missed, {first}) AS missed, CASE {' '.join(barred)} END AS barred, "  # noqa: S608
        f"jsonb_strip_nulls(jsonb_build_object({', '.join(shown)})) AS evidence, "
        f"{f'least({chr(44).join(since)})' if since else 'CAST(NULL AS timestamptz)'} AS since FROM person)"
    )
