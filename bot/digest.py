"""The digest in Slack: the finding is the title, then what to do next, the figures with n and interval, and where runs are lost.

Counts, codes and names of programs only: nothing of a patient at any level. The thread has the breakdowns.
"""

from collections.abc import Iterator, Sequence
from datetime import tzinfo

from bot import report_link, times
from bot.blocks import Block, Message, actions, button, clip, context, escape, fields, header, section
from workflows.kpis import verdicts, words
from workflows.kpis.definitions import CUTS, FEWEST, KPIS
from workflows.kpis.digests import BREAKDOWNS, SPLIT, Digest, Headline
from workflows.kpis.figures import Figure
from workflows.kpis.group_names import GroupNames
from workflows.kpis.periods import Period

NAME_SHOWN, SENTENCE_SHOWN, RULE_SHOWN = 60, 400, 160
FIGURES, VERDICTS, GROUPS = 14, 6, 25
LINES_SHOWN, THREAD_SHOWN = 2800, 11_000  # characters of lines in one section, and in one message of the thread
NOTHING = "Nothing is old enough to count yet"
FOUND = {
    "completion": ("completes", "of runs complete"),
    "response": ("is answered by", "of patients reply"),
    "reach": ("reaches", "of patients are reached"),
    "reach_72h": ("reaches in 3 days", "of patients are reached in 3 days"),
}
"""What the title is about: the first of these with enough to say, of one program and of all."""
LEGEND = "In brackets: of how many (n), and the range in which the true value lies 95 times in 100. Fewer than 10 make no share. "
NEWEST = "Each figure is of the newest days that are old enough to count."
ASKED = "Each figure is of the days asked for, without those that are not old enough to count yet."
NO_GROUPS = "Nothing in these groups is old enough to count yet."


def build(digest: Digest, *, zone: tzinfo, by: str = "", subject: str = "") -> Message:
    """The message. `by`: a cut whose groups it shows too; `subject`: what its buttons are about, a record's id or code; "" for none."""
    title = finding(digest)
    said = f"{digest.period.words} · {_name(digest.title)} · as of {times.moment(digest.as_of, zone)}"
    blocks: list[Block] = [header(title), context(said)]
    if digest.next:
        blocks.append(section(f"*Next:* {clip(escape(digest.next), SENTENCE_SHOWN)}"))
    blocks += _figures(digest)
    blocks += [context(clip(escape(said), RULE_SHOWN)) for said in _young(digest)]
    blocks += [section(line) for line in (*_phases(digest), *_runs(digest))]
    blocks += _verdicts(digest)
    blocks += [section(line) for line in _waiting(digest)]
    if by:
        groups = _groups(digest, by) if digest.breakdowns.get(by) else iter([NO_GROUPS])
        blocks += _sections(f"*By {CUTS[by].lower()}*", groups)
        if subject:
            blocks.append(context(f"Every other figure by {CUTS[by].lower()}: Open in page."))
    if subject:
        blocks.append(
            actions(
                button("Download CSV", report_link.CSV, value=subject),
                button("Open in page", report_link.OPEN, value=subject),
            )
        )
    own_days = any(one.figure.period != digest.period for one in digest.headlines)
    blocks.append(context(LEGEND + (NEWEST if own_days else ASKED)))
    return Message("Figures of your outreach programs", tuple(blocks))


def thread(digest: Digest) -> list[Message]:
    """The breakdowns of more than one group, as few messages as they fit in; by owner only where the digest may say it."""
    packed: list[list[Block]] = []
    size = THREAD_SHOWN + 1
    for cut in BREAKDOWNS:
        if len({figure.group for figure in digest.breakdowns.get(cut, ())}) < 2:
            continue
        blocks = _sections(f"*By {CUTS[cut].lower()}*", _groups(digest, cut))
        length = sum(len(block["text"]["text"]) for block in blocks)
        if size + length > THREAD_SHOWN:
            packed.append([])
            size = 0
        packed[-1] += blocks
        size += length
    return [Message("Breakdowns of the digest", tuple(blocks)) for blocks in packed]


def finding(digest: Digest) -> str:
    """The title: "Recall completes 31 % (was 24 %), most drop after text 2". Plain text."""
    one = next((found for kpi in FOUND if (found := digest.headline(kpi)) and found.figure.enough), None)
    if one is None:
        return f"{clip(digest.title, NAME_SHOWN)}: {_counts_alone(digest)}"
    of_one, of_all = FOUND[one.figure.kpi]
    share = words.value(one.figure)
    said = f"{clip(digest.title, NAME_SHOWN)} {of_one} {share}" if digest.program else f"{share} {of_all}"
    was = one.before if one.before and one.before.enough else one.baseline
    before = f" (was {words.value(was)})" if was is not None and was.enough else ""
    drop = f", most drop after {clip(digest.worst.title, NAME_SHOWN // 2)}" if digest.worst else ""
    return f"{said}{before}{drop}"


def _counts_alone(digest: Digest) -> str:
    one = next((found for kpi in FOUND if (found := digest.headline(kpi)) and found.figure.denominator), None)
    if one is None:
        return NOTHING.lower()
    return f"{words.title(one.figure).lower()} {words.value(one.figure)}, too few for a share"


def _figures(digest: Digest) -> Iterator[Block]:
    """Two columns, six pairs a block."""
    pairs = [(words.title(one.figure), _headline(one, digest.period)) for one in digest.headlines[:FIGURES]]
    for first in range(0, len(pairs), 6):
        yield fields(*pairs[first : first + 6])


def _young(digest: Digest) -> list[str]:
    """Whose runs of these days are not in the figures yet, once."""
    own = (one.figure for one in digest.headlines if KPIS[one.figure.kpi].own and one.figure.enough)
    return list(dict.fromkeys(figure.note for figure in own if figure.note))[:1]


def _headline(one: Headline, asked: Period) -> str:
    said = escape(words.said(one.figure))
    lines = [said]
    if compared := "; ".join(
        filter(None, (_against(one.figure, one.before, "before"), _against(one.figure, one.baseline, "baseline")))
    ):
        lines.append(compared)
    if one.figure.period != asked:
        lines.append(f"_of {one.figure.period.words}_")
    return "\n".join(lines)


def _against(figure: Figure, other: Figure | None, what: str) -> str:
    """ "week before 28 %, may be chance"; empty where either has too few."""
    if other is None or not other.enough or not figure.enough:
        return ""
    side = verdicts.apart(figure, other)
    better = KPIS[figure.kpi].better
    good = "better" if (side > 0) == (better == "up") else "worse"
    sure = (good if better else "changed") if side else "may be chance"
    name = "period before" if what == "before" else "baseline"
    return f"{name} {words.value(other)}, {sure}"


def _phases(digest: Digest) -> Iterator[str]:
    """Before the outreach, in its first hundred runs, and since: side by side, each with its range (N8)."""
    if len(digest.phases) > 1:
        title = words.title(digest.phases[0][1])
        names = GroupNames(digest.names)
        each = [f"{names.of('phase', phase).lower()}: {escape(words.said(one))}" for phase, one in digest.phases]
        yield f"*{title}, before, at first, and since:* {' · '.join(each)}."


def _runs(digest: Digest) -> Iterator[str]:
    """The funnel, and the step where most are lost."""
    if (funnel := digest.funnel) and funnel.started:
        stages = [(name, getattr(funnel, name)) for name in ("started", "delivered", "reached", "replied", "completed")]
        said = " → ".join(
            f"{count:,} {name}{_of(count, funnel.started) if n else ''}" for n, (name, count) in enumerate(stages)
        )
        left = " so far; some of them have time left" if funnel.so_far else ""
        yield f"*Runs started {funnel.period.words}:* {said}{left}."
    if digest.worst:
        worst = digest.worst
        lost = f"{worst.left:,} of {worst.entered:,} who entered it end there{_of(worst.left, worst.entered)}"
        yield f"*Most drop after {_name(worst.title)}:* {lost}."


def _of(count: int, whole: int) -> str:
    return f" ({words.percent(count / whole)})" if whole >= FEWEST else ""


def _verdicts(digest: Digest) -> Iterator[Block]:
    if not digest.verdicts:
        if not digest.empty:
            yield section("No rule finds anything: no figure differs from the others by more than chance.")
        return
    lines = [
        f"• {clip(escape(one.sentence), SENTENCE_SHOWN)}. _{clip(escape(one.rule), RULE_SHOWN)}_ (`{escape(one.code)}`)"
        for one in digest.verdicts[:VERDICTS]
    ]
    if (rest := len(digest.verdicts) - VERDICTS) > 0:
        lines.append(f"… and {rest} more on the page.")
    yield from _sections("*What stands out*", lines)


def _waiting(digest: Digest) -> Iterator[str]:
    if digest.oldest:
        each = [f"case {one.number}, open {times.span(one.age)}" for one in digest.oldest[:3]]
        yield f"*Open longest:* {'; '.join(each)}."
    if digest.promises_late:
        late = digest.promises_late
        yield f"*Promises to patients that are late:* {late:,}. They stand on everybody's Home, under Promises."


def _groups(digest: Digest, cut: str) -> Iterator[str]:
    """A line a group, the largest first; what is over `GROUPS` is added up as other."""
    found: dict[str, dict[str, Figure]] = {}
    for figure in digest.breakdowns.get(cut, ()):
        found.setdefault(figure.group, {})[figure.kpi] = figure
    order = sorted(found.items(), key=lambda item: (-max(one.denominator for one in item[1].values()), item[0]))
    names = GroupNames(digest.names)
    for group, figures in order[:GROUPS]:
        yield f"*{_name(names.of(cut, group))}:* {_split(figures)}"
    if rest := order[GROUPS:]:
        yield f"*{len(rest)} smaller ones together:* {_split(_together(figures for _, figures in rest))}"


def _together(groups: Iterator[dict[str, Figure]]) -> dict[str, Figure]:
    """The same figures of several groups as one; shares alone can be added up."""
    sums: dict[str, list[Figure]] = {}
    for figures in groups:
        for kpi, figure in figures.items():
            if KPIS[kpi].kind == "share":
                sums.setdefault(kpi, []).append(figure)
    return {kpi: verdicts.rest_of(Figure(kpi, 0, 0, all_[0].period, group="\0"), all_) for kpi, all_ in sums.items()}


def _split(figures: dict[str, Figure]) -> str:
    shown = [figures[kpi] for kpi in (*SPLIT, *(kpi for kpi in figures if kpi not in SPLIT)) if kpi in figures]
    return " · ".join(f"{words.title(one).lower()} {escape(_short(one))}" for one in shown)


def _short(figure: Figure) -> str:
    return words.said(figure) if figure.denominator else "none yet"


def _sections(title: str, lines: Sequence[str] | Iterator[str]) -> list[Block]:
    """Lines under a title, in as many sections as their length asks for."""
    parts, size = [[title]], len(title)
    for line in lines:
        if size + len(line) + 1 > LINES_SHOWN:
            parts.append([])
            size = 0
        parts[-1].append(line)
        size += len(line) + 1
    return [section("\n".join(part)) for part in parts]


def _name(name: str) -> str:
    return clip(escape(name), NAME_SHOWN)
