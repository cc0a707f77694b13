"""`app.py understand`: read replies from standing input, score a labelled file, learn from what was stored."""

import json
import sys
from collections.abc import Iterable, Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

import click

from handlers.cli.root import Root


@click.command("understand")
@click.option("--eval", "files", type=click.Path(exists=True, dir_okay=False, path_type=Path), multiple=True,
              help="Score this labelled file (JSON lines; may be named several times) instead of reading standard input.")  # fmt: skip
@click.option(
    "--misses", is_flag=True, help="With --eval: also list the lines whose urgency or opt-out was read wrongly."
)
@click.option("--corrections", "export", type=click.Path(dir_okay=False, writable=True, path_type=Path), default=None,
              help="Write the texts whose reading staff corrected to this file, labelled, for --eval. Holds patients' words.")  # fmt: skip
@click.option("--replay", "since", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]), default=None, metavar="SINCE",
              help="Read the texts stored since this local date again; print what is read differently, exit 1 when an emergency or "
              "an opt-out would be missed. Writes nothing, prints no words.")  # fmt: skip
@click.option("--lexicon", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=None,
              help="With --replay: read with this file instead of the organisation's live lexicon.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="With --eval or --replay: JSON lines.")
@click.option("--yes", is_flag=True, help="With --corrections: do it; without this, only say how many there are.")
@click.option("--org", "shown", default=None, help="Which organisation (org_…), where there are several.")
@click.pass_obj
def COMMAND(  # noqa: N802 - what `discover` looks for
    root: Root, /, *, files: tuple[Path, ...], misses: bool, as_json: bool, shown: str | None, **other: Any
) -> None:
    """Read JSON lines {"id","text","context","ref"} on standard input; write one reading a line, in the same order."""
    export, since = other["export"], other["since"]
    if sum(map(bool, (files, export, since))) > 1:
        raise click.UsageError("one thing at a time: --eval, --corrections or --replay")
    if export:
        from handlers.cli import labelled

        labelled.export(root, export, shown=shown, yes=other["yes"])
    elif since:
        from handlers.cli import replay

        replay.run(root, since, lexicon=other["lexicon"], shown=shown, as_json=as_json)
    elif files:
        _score(files, misses=misses, as_json=as_json)
    else:
        _answer_lines(sys.stdin, sys.stdout)


def _answer_lines(asked: TextIO, answers: TextIO) -> None:
    from workflows.understanding import batch

    for stream, errors in ((asked, "replace"), (answers, "backslashreplace")):  # half a character stops nothing
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors=errors)
    batch.get_ready()
    for line in batch.run(asked):
        answers.write(f"{line}\n")
        answers.flush()  # who sends one line waits for its answer


def _score(files: Iterable[Path], *, misses: bool, as_json: bool) -> None:
    from workflows.understanding import scoring

    found = scoring.judged(_rows(files))
    for figure in scoring.figures(found):
        click.echo(json.dumps(figure.plain()) if as_json else figure.line())
    by_label = scoring.f1(found)
    if by_label:
        mean = sum(by_label.values()) / len(by_label)
        click.echo(
            json.dumps({"name": "macro-F1", "share": mean, "n": len(by_label)}) if as_json else f"macro-F1 {mean:.3f}"
        )
    if misses:
        for line in scoring.misses(found):
            click.echo(line)


def _rows(files: Iterable[Path]) -> Iterator[dict[str, Any]]:
    for path in files:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            if line.strip():
                try:
                    yield json.loads(line)
                except ValueError:
                    raise click.UsageError(f"{path.name}, line {number}: not a JSON object") from None
