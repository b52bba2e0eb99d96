"""The command line: parse, call, print."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import symgrad
from symgrad import checks
from symgrad.checks import Check
from symgrad.claims import Claim, claim, load_claims
from symgrad.derivation import load_derivation
from symgrad.errors import ClaimError, SymgradError
from symgrad.prove import verify as decide
from symgrad.verdicts import Outcome

if TYPE_CHECKING:
    from symgrad.render.build import BuildReport

COLOURS = {
    Outcome.PROVED: "green",
    Outcome.CERTIFIED: "green",
    Outcome.SUPPORTED: "yellow",
    Outcome.UNINFORMATIVE: "yellow",
    Outcome.UNDECIDED: "yellow",
    Outcome.REFUTED: "red",
}
ACCEPTABLE = {outcome.name.lower(): outcome for outcome in (Outcome.SUPPORTED, Outcome.UNINFORMATIVE)}
CLAIM_FILES = (".toml", ".json")

accept = click.option(
    "--accept",
    type=click.Choice(list(ACCEPTABLE)),
    multiple=True,
    help="Let this kind of evidence count as good enough; may be given twice.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(symgrad.__version__, prog_name="symgrad")
def cli() -> None:
    """Derive gradients in closed form, prove every line, and render the whole as documents.

    \b
    Exit codes:
      0  all claims hold (an erratum holds if it is refuted)
      1  a claim is refuted
      2  misuse, unreadable input, unwritable output
      3  a claim stays undecided, or has evidence only
    """


@cli.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--to", "formats", default="html", show_default=True, help="Formats, separated by commas.")
@click.option("-o", "--output", default="build", show_default=True, type=click.Path(path_type=Path), help="Folder to write to.")
@accept
def build(paths: tuple[Path, ...], formats: str, output: Path, accept: tuple[str, ...]) -> int:
    """Check derivations and write their documents.

    PATHS are Python files that end in a Derivation, or folders of such files; by default the folder derivations.
    Only what has changed since the last build is checked and written again.

    \b
    Examples:
      symgrad build
      symgrad build derivations/sigmoid_slope.py --to html,markdown,latex -o public
    """
    from symgrad.render import build as write_documents

    with _progress("building") as on_progress:
        report = write_documents(
            paths or (Path("derivations"),),
            [name.strip() for name in formats.split(",") if name.strip()],
            output,
            on_progress=on_progress and (lambda what, done, total, name: on_progress(f"{what} {name}", done, total)),
        )
    _print_build(report)
    if report.failures:
        return checks.EXIT_MISUSE
    return checks.exit_code((c for d in report.documents for c in d.checks), _accepted(accept))


@cli.command()
@click.argument("claims", nargs=-1, required=True)
@click.option("--where", multiple=True, help='Domain of a formula, such as "x in (0, oo)" or "T integer"; may be repeated.')
@click.option("--format", "form", type=click.Choice(["text", "json", "junit"]), default="text", show_default=True)
@accept
def verify(claims: tuple[str, ...], where: tuple[str, ...], form: str, accept: tuple[str, ...]) -> int:
    """Decide claims: formulas, files of claims (TOML, JSON), derivation files, or folders of those.

    \b
    Examples:
      symgrad verify "diff(sigmoid(x), x) == sigmoid(x)*(1 - sigmoid(x))"
      symgrad verify "log(x*y) == log(x) + log(y)" --where "x > 0" --where "y > 0"
      symgrad verify claims.toml --format json
    """
    wanted = [c for text in claims for c in _claims_of(text, where)]
    accepted = _accepted(accept)
    found = []
    with _progress("checking") as on_progress:
        for number, asked in enumerate(wanted):
            if on_progress:
                on_progress(f"checking {asked.id}", number, len(wanted))
            found.append(Check.of(asked, decide(asked)))
            if form == "text":
                _print_check(found[-1], accepted)
    if form == "json":
        click.echo(checks.to_json(found))
    elif form == "junit":
        click.echo(checks.to_junit(found, accepted))
    elif len(found) > 1:
        click.echo(f"{len(found)} claims: {checks.tally(found)}")
    return checks.exit_code(found, accepted)


@cli.command()
@click.argument("formula")
@click.option("--variable", help="Differentiate with respect to this variable; needed where there are several.")
def explain(formula: str, variable: str | None) -> int:
    """Show the steps of a derivative, the rule used at each, and the verdict on each.

    \b
    Examples:
      symgrad explain "diff(sigmoid(x), x)"
      symgrad explain "x*exp(-a*x)" --variable x
    """
    from symgrad.explain import derivative_steps

    expression = symgrad.parse(formula)
    wanted = symgrad.parse(variable) if variable else None
    chain = derivative_steps(expression, wanted)
    click.echo(symgrad.to_text(chain.start))
    found = []
    for step, asked, _ in chain.step_claims():
        found.append(Check.of(asked, decide(asked)))
        outcome = found[-1].verdict.outcome
        click.echo(f"  {step.op} {symgrad.to_text(step.expression)}")
        click.echo(f"     {step.by}; {_painted(outcome.name.lower(), outcome)}")
    return checks.exit_code(found)


def _claims_of(text: str, where: tuple[str, ...]) -> Iterator[Claim]:
    """The claims that an argument names: those of a file or folder, or one formula."""
    path = Path(text) if len(text) < 4096 and "\0" not in text else None
    if path is not None and path.is_dir():
        found = [f for f in sorted(path.iterdir()) if f.suffix in (*CLAIM_FILES, ".py") and not f.name.startswith("_")]
        if not found:
            raise ClaimError(f"{path}: no claims here; they are read from .toml, .json and .py files")
        for file in found:
            yield from _claims_in(file)
    elif path is not None and path.suffix in (*CLAIM_FILES, ".py"):
        if where:
            raise ClaimError(f"--where is for formulas; the claims of {path} say their own domains")
        yield from _claims_in(path)
    else:
        yield claim(text, where=where, id=text)


def _claims_in(path: Path) -> Iterable[Claim]:
    if path.suffix in CLAIM_FILES:
        return load_claims(path)
    return [replace(c, id=f"{path.stem}.{c.id}") for c in load_derivation(path).claims]


def _accepted(names: tuple[str, ...]) -> frozenset[Outcome]:
    return frozenset(ACCEPTABLE[name] for name in names)


# --- printing -----------------------------------------------------------------------------------------------


def _painted(text: str, outcome: Outcome) -> str:
    return text if os.environ.get("NO_COLOR") else click.style(text, fg=COLOURS[outcome])


def _print_check(check: Check, accepted: frozenset[Outcome]) -> None:
    verdict = check.verdict
    name = check.id if check.id == check.text else f"{check.id}: {check.text}"
    click.echo(f"{_painted(f'{verdict.outcome.name:9}', verdict.outcome)} {name}")
    lines = [verdict.method, verdict.evidence, str(verdict.witness or ""), *(f"where {c}" for c in verdict.side_conditions)]
    for line in filter(None, lines):
        click.echo(f"          {line}")
    if check.expect == "refuted" and check.met:
        click.echo("          as expected of an erratum")
    elif check.expect == "refuted":
        click.echo("          an erratum must be refuted, and this was not")


def _print_build(report: BuildReport) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for title, side in (("document", "left"), ("claims", "right"), ("verdicts", "left"), ("", "left")):
        table.add_column(title, justify=side, overflow="fold")  # type: ignore[arg-type]
    for document in report.documents:
        contradicted = [c for c in document.checks if c.met is False]
        open_ones = [c for c in document.checks if c.met is None]
        remarks = [f"[red]not as expected: {', '.join(c.id for c in contradicted)}[/red]"] if contradicted else []
        remarks += [f"[yellow]open: {', '.join(c.id for c in open_ones)}[/yellow]"] if open_ones else []
        state = "written" if document.written else "unchanged"
        table.add_row(document.source.stem, str(len(document.checks)), checks.tally(document.checks), "; ".join(remarks) or state)
    console = Console()
    console.print(table)
    for failure in report.failures:
        click.echo(f"symgrad: {failure.error}", err=True)
    if report.documents:
        click.echo(f"documents: {', '.join(str(page) for page in report.indexes)}")


@contextmanager
def _progress(title: str) -> Iterator[Callable[[str, int, int], Any] | None]:
    """A progress bar on a terminal; nothing, and nothing imported, elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda text, done, total: bar.update(task, description=text, completed=done, total=total)


def main() -> None:
    """Run the command line; a user's mistake is one line on stderr and exit code 2."""
    try:
        sys.exit(cli.main(standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(checks.EXIT_MISUSE)
    except (click.Abort, KeyboardInterrupt):
        _complain("interrupted; what was finished stays, nothing is half-written")
    except SymgradError as error:
        _complain(str(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(checks.EXIT_MISUSE)


def _complain(text: str) -> None:
    click.echo(f"symgrad: {text}", err=True)
    sys.exit(checks.EXIT_MISUSE)


