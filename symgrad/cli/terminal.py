"""What a terminal shows: verdicts in colours, tables, progress.

Like the command line it loads nothing heavy until there is something to show.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from symgrad.base.shown import one_line
from symgrad.language.verdicts import Outcome, Verdict

if TYPE_CHECKING:
    from rich.text import Text

    from symgrad.checking.audit import Audit
    from symgrad.checking.certificates import Certificate
    from symgrad.checking.reports import Check
    from symgrad.documents.workshop.build import BuildReport

OnStep = Callable[[str, int, int], Any]
"""Told of a piece of work before it is done: its name, how many are done, how many there are."""

COLOURS = {
    Outcome.PROVED: "green",
    Outcome.CERTIFIED: "green",
    Outcome.SUPPORTED: "yellow",
    Outcome.UNINFORMATIVE: "yellow",
    Outcome.UNDECIDED: "yellow",
    Outcome.REFUTED: "red",
}
WIDTH_OFF_TERMINAL = 100


def painted(text: str, outcome: Outcome) -> str:
    return text if os.environ.get("NO_COLOR") else click.style(text, fg=COLOURS[outcome])


def print_check(check: Check, *, is_formula: bool) -> None:
    verdict = check.verdict
    name = check.id if is_formula else f"{check.id}: {check.text}"
    click.echo(f"{painted(f'{verdict.outcome.name:9}', verdict.outcome)} {one_line(name)}")
    lines = [
        verdict.method,
        verdict.evidence,
        str(verdict.witness or ""),
        *(f"where {c}" for c in verdict.side_conditions),
    ]
    for line in filter(None, lines):
        click.echo(f"          {one_line(line)}")
    if check.expect == "refuted":
        remark = "as expected of an erratum" if check.met else "an erratum must be refuted, and this was not"
        click.echo(f"          {remark}")


def print_replay(path: Path, certificate: Certificate, verdict: Verdict) -> None:
    before, now = certificate.verdict, verdict
    word = "same" if now.outcome is before.outcome else "other"
    click.echo(f"{painted(f'{word:9}', now.outcome)} {one_line(f'{path.name}: {certificate.claim}')}")
    click.echo(f"          {now.outcome.name}, {one_line(now.method)}")
    if now != before:
        click.echo(f"          the certificate says {one_line(str(before))}")


def print_audits(audits: list[Audit]) -> None:
    titles = ("claim", "mutants", "tried", "refuted", "true", "survived")
    rows = [_counts(audited.claim.id, [audited]) for audited in audits]
    print_table(titles, [*rows, _counts("all", audits)], right=titles[1:])
    for audited in audits:
        for mutant, verdict in ((s.mutant, s.verdict) for s in audited.survivors):
            click.echo(f"{painted('SURVIVED ', verdict.outcome)} {one_line(f'{audited.claim.id}: {mutant.claim}')}")
            click.echo(f"          {one_line(mutant.change)}")
            click.echo(f"          {one_line(str(verdict))}")


def _counts(name: str, audits: list[Audit]) -> tuple[str, ...]:
    refuted = sum(a.outcomes.get(Outcome.REFUTED, 0) for a in audits)
    made, tried, survived = (sum(counts) for counts in zip(*((a.made, a.tried, len(a.survivors)) for a in audits)))
    return (name, *map(str, (made, tried, refuted, tried - refuted - survived, survived)))


def print_build(report: BuildReport) -> None:
    from rich.text import Text

    from symgrad.checking import reports

    rows = []
    for document in report.documents:
        remarks = Text("; ").join(_remarks(document.checks))
        cells = (document.source.stem, str(len(document.checks)), reports.tally(document.checks))
        rows.append((*cells, "written" if document.written else "unchanged", remarks))
    if report.documents:
        print_table(("document", "claims", "verdicts", "", ""), rows, right=("claims",))
        click.echo(f"documents: {one_line(', '.join(str(page) for page in report.indexes))}")
    if report.removed:
        click.echo(f"removed, as their derivations are gone: {one_line(', '.join(map(str, report.removed)))}")
    for failure in report.failures:
        click.echo(f"symgrad: {one_line(str(failure.error))}", err=True)


def print_table(titles: Iterable[str], rows: Iterable[Iterable[str | Text]], right: Iterable[str] = ()) -> None:
    try:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ImportError:  # symgrad doctor says so, in a table
        click.echo("\n".join("  ".join(one_line(str(cell)) for cell in row) for row in rows))
        return
    table = Table(box=None, pad_edge=False)
    for title in titles:
        table.add_column(title, justify="right" if title in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(one_line(cell)) if isinstance(cell, str) else cell for cell in row))
    Console(width=None if sys.stdout.isatty() else WIDTH_OFF_TERMINAL).print(table)


def _remarks(found: Iterable[Check]) -> list[Text]:
    """What a reader of the table must look at: claims that are not as expected, and open ones."""
    from rich.text import Text

    found = list(found)
    kinds = {"not as expected": (False, "red"), "open": (None, "yellow")}
    names = {kind: [check.id for check in found if check.met is met] for kind, (met, _) in kinds.items()}
    return [Text(one_line(f"{kind}: {', '.join(ids)}"), kinds[kind][1]) for kind, ids in names.items() if ids]


@contextmanager
def progress(title: str, *, wanted: bool = True) -> Iterator[OnStep]:
    """A progress bar on a terminal; nothing, and nothing imported, elsewhere."""
    if not wanted or not sys.stderr.isatty():
        yield lambda text, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    # The text column reads no markup: names are what users wrote.
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}", markup=False))
    # What goes to stdout stays there; rich would carry it over to stderr.
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as bar:
        task = bar.add_task(title, total=None)
        yield lambda text, done, total: bar.update(task, description=one_line(text), completed=done, total=total)
