"""The command line: parse, call, print.

What loads SymPy is imported by the functions that need it: help, completion and the first screen must not wait for it,
and `symgrad doctor` must run where it is missing.
"""

from __future__ import annotations

import io
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from symgrad.base.errors import CertificateError, ClaimError, SymgradError
from symgrad.base.files import VARIABLE, may_hold_claims, reader_of
from symgrad.base.shown import one_line, shortened
from symgrad.cli import completion as completing
from symgrad.cli import doctor as installation
from symgrad.cli import projects, terminal
from symgrad.cli.formula_arguments import FORMULA, TakesFormulas
from symgrad.language.verdicts import ACCEPTABLE, Outcome, Verdict

if TYPE_CHECKING:
    from symgrad.checking.certificates import Certificate
    from symgrad.checking.reports import Check, NotRead
    from symgrad.claims.claim import Claim
    from symgrad.claims.derivations import Chain, Section

Command = Callable[..., Any]
CLAIM_FILES = (".toml", ".json", ".py")
EXIT_MISUSE = click.UsageError.exit_code  # that of symgrad.checking.reports as well
EXIT_INTERNAL = 70  # EX_SOFTWARE of sysexits.h: never 1, which says that a claim is refuted
DEBUG = "SYMGRAD_DEBUG"
READERS = {"text": "people", "json": "programs", "junit": "test servers"}
LONGEST_PATH = 4096
RELATIONS = ("==", "!=", "<", ">", "≤", "≥", "≠", "⩽", "⩾", "≦", "≧")

accept = click.option(
    "--accept",
    type=click.Choice(list(ACCEPTABLE)),
    multiple=True,
    help="Let this kind of evidence count as good enough; may be given twice.",
)
no_cache = click.option(
    "--no-cache", is_flag=True, help=f"Decide every claim anew; {VARIABLE} names the folder of known verdicts."
)


def _printed_as(*kinds: str) -> Callable[[Command], Command]:
    """The option of commands that can print what they found in several ways."""
    said = f"How to print what was found: {', '.join(f'{kind} for {READERS[kind]}' for kind in kinds)}."
    return click.option("--format", "form", type=click.Choice(kinds), default="text", show_default=True, help=said)


@click.group(
    invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(package_name="symgrad", prog_name="symgrad")
@click.pass_context
def cli(context: click.Context) -> int:
    """Derive gradients in closed form, prove every line, and render the whole as documents.

    \b
    Example:
      symgrad verify "tanh(x) == 2*sigmoid(2*x) - 1"

    \b
    Exit codes:
      0  all claims hold (an erratum holds if it is refuted)
      1  a claim is refuted
      2  misuse, unreadable input, unwritable output
      3  a claim stays undecided, or has evidence only
      70 a slip of symgrad itself
    """
    if context.invoked_subcommand is None:
        _print_first_screen()
    return 0


@cli.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--to",
    "formats",
    default="html",
    show_default=True,
    shell_complete=completing.formats,
    help="Formats, separated by commas.",
)
@click.option(
    "-o", "--output", default="build", show_default=True, type=click.Path(path_type=Path), help="Folder to write to."
)
@accept
@no_cache
def build(paths: tuple[Path, ...], formats: str, output: Path, accept: tuple[str, ...], no_cache: bool) -> int:
    """Check derivations and write their documents.

    PATHS are Python files that end in a Derivation, or folders of such files; by default the folder derivations.
    Only what has changed since the last build, or reads what has, is checked and written again. Documents of other
    derivations stay; one is removed when its file is gone from a folder that is named here.

    \b
    Examples:
      symgrad build
      symgrad build derivations/sigmoid_slope.py --to html,markdown,latex -o public
    """
    from symgrad.checking import reports
    from symgrad.documents import build as write_documents

    with terminal.progress("building") as on_progress:
        report = write_documents(
            paths or (Path("derivations"),),
            [name.strip() for name in formats.split(",") if name.strip()],
            output,
            verify=_decider(no_cache),
            on_progress=lambda what, done, total, name: on_progress(f"{what} {name}", done, total),
            anew=no_cache,
        )
    terminal.print_build(report)
    if report.failures:
        return EXIT_MISUSE
    return reports.exit_code((c for d in report.documents for c in d.checks), _accepted(accept))


@cli.command(cls=TakesFormulas)
@click.argument("claims", nargs=-1, required=True, type=FORMULA, shell_complete=completing.files)
@click.option(
    "--where", multiple=True, help='Domain of a formula, such as "x in (0, oo)" or "T integer"; may be repeated.'
)
@click.option(
    "--cell",
    multiple=True,
    help='Equation of a recurrent cell, "h[t] = tanh(W @ h[t-1])", whose Jacobians a formula names.',
)
@_printed_as("text", "json", "junit")
@click.option(
    "--certificates",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write a certificate of every verdict into this folder, for symgrad replay.",
)
@accept
@no_cache
def verify(
    claims: tuple[str, ...],
    where: tuple[str, ...],
    cell: tuple[str, ...],
    form: str,
    folder: Path | None,
    accept: tuple[str, ...],
    no_cache: bool,
) -> int:
    """Decide formulas, files of claims, derivations, or folders.

    Each of CLAIMS is a formula, a file of claims (.toml, .json), a derivation file (.py), or a folder of such files.

    \b
    Examples:
      symgrad verify "diff(sigmoid(x), x) == sigmoid(x)*(1 - sigmoid(x))"
      symgrad verify "log(x*y) == log(x) + log(y)" --where "x > 0" --where "y > 0"
      symgrad verify claims.toml --format json
      symgrad verify claims.toml --certificates certificates
    """
    from symgrad.checking import guarded, reports

    wanted = _with_common_remarks(list(_claims_of_all(claims, where, cell)), claims)
    accepted, find = _accepted(accept), _decider(no_cache)
    found: list[Check | NotRead] = []
    unwritten = False
    # Verdicts that appear on the terminal one by one are a progress report of their own.
    with terminal.progress("checking", wanted=form != "text" or not sys.stdout.isatty()) as on_progress:
        for number, asked in enumerate(wanted):
            on_progress(f"checking {asked.id}", number, len(wanted))
            if isinstance(asked, reports.NotRead):
                found.append(asked)
                _say(asked.reason)
                continue
            check = guarded.check(asked, find)
            found.append(check)
            if folder is not None:
                try:
                    guarded.certify(asked, check.verdict, folder)
                except CertificateError as error:
                    unwritten = True
                    _say(str(error))
            if form == "text":
                terminal.print_check(check, is_formula=asked.id in claims)
    if form == "json":
        click.echo(reports.to_json(found))
    elif form == "junit":
        click.echo(reports.to_junit(found, accepted))
    elif len(found) > 1:
        click.echo(f"{len(found)} claims: {reports.tally(found)}")
    return EXIT_MISUSE if unwritten else reports.exit_code(found, accepted)


@cli.command(cls=TakesFormulas)
@click.argument("formula", type=FORMULA)
@click.option("--variable", help="Differentiate with respect to this variable; needed where there are several.")
@click.option("--where", multiple=True, help='Domain, such as "x in (0, oo)" or "T integer"; may be repeated.')
def explain(formula: str, variable: str | None, where: tuple[str, ...]) -> int:
    """Show a derivative or a proof, step by step, with verdicts.

    FORMULA is a derivative, an expression that is to be differentiated, or a claim that can be proved. No step is
    printed without being checked.

    \b
    Examples:
      symgrad explain "diff(sigmoid(x), x)"
      symgrad explain "x*exp(-a*x)" --variable x
      symgrad explain "s*(1 - s) <= 1/4"
    """
    if len(formula) <= LONGEST_PATH and os.path.isfile(formula):
        raise ClaimError(f"{formula}: symgrad explain takes a formula and no file; {reader_of(Path(formula))}")
    if any(sign in formula for sign in RELATIONS):
        from symgrad.checking.proofs import proof
        from symgrad.claims.claim import claim

        return _print_proof(proof(claim(formula, where=where)))
    from symgrad.checking import reports
    from symgrad.checking.explain import derivative_steps
    from symgrad.reading.text import parse

    _print_abbreviations(formula)
    wanted = parse(variable) if variable else None
    return reports.exit_code(_print_chain(derivative_steps(parse(formula), wanted, where=where)))


def _print_abbreviations(formula: str) -> None:
    """What the names in a formula stand for that are not differentiated as they are."""
    from symgrad.language.written import Abbreviation, meaning
    from symgrad.reading.text import parse_written, to_text

    for call in sorted(parse_written(formula).atoms(Abbreviation), key=str):
        click.echo(f"{to_text(call)} stands for {to_text(meaning(call))}")


def _print_chain(chain: Chain) -> list[Check]:
    from symgrad.checking.reports import Check
    from symgrad.reading.text import to_text

    steps = chain.step_claims()
    click.echo(f"{to_text(chain.start)}{_domain_shown(steps[0][1])}")
    found = []
    for step, asked, _ in steps:
        found.append(Check.of(asked, decide(asked)))
        outcome = found[-1].verdict.outcome
        click.echo(f"  {step.op} {to_text(step.expression)}")
        click.echo(f"     {step.by}; {terminal.painted(outcome.name.lower(), outcome)}")
    return found


def _print_proof(section: Section) -> int:
    from symgrad.checking import reports
    from symgrad.claims.derivations import Chain, Prose, claims_of

    found: list[Check] = []
    for item in section.items:
        if isinstance(item, Chain):
            found += _print_chain(item)
        elif isinstance(item, Prose):
            click.echo("".join(map(str, item.parts())))
        else:
            for asked in claims_of(item):
                found.append(reports.Check.of(asked, decide(asked)))
                outcome = found[-1].verdict.outcome
                click.echo(f"{asked}{_domain_shown(asked)}")
                click.echo(f"     {found[-1].verdict.method}; {terminal.painted(outcome.name.lower(), outcome)}")
    return reports.exit_code(found)


def _domain_shown(asked: Claim) -> str:
    from symgrad.reading.text import to_where

    conditions = ", ".join(to_where(asked.domain, asked.statement.expressions))
    return f"   where {conditions}" if conditions and not asked.domain.is_whole else ""


@cli.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
def replay(paths: tuple[Path, ...]) -> int:
    """Decide the claims of certificates again, and compare.

    PATHS are certificates that symgrad verify has written, or folders of them. Exit code 1 says that a certificate is
    contradicted, 3 that an outcome is another one; 0 that all are the same.

    \b
    Examples:
      symgrad replay certificates
    """
    from symgrad.checking import certificates

    named = [(path, _certificate(path)) for path in _certificate_files(paths)]
    wanted = [(path, certificate) for path, certificate in named if certificate is not None]
    found = []
    with terminal.progress("deciding again") as on_progress:
        for number, (path, certificate) in enumerate(wanted):
            on_progress(f"deciding {path.name} again", number, len(wanted))
            found.append((certificate, certificates.replay(certificate)))
            terminal.print_replay(path, *found[-1])
    return certificates.exit_code(found) if len(wanted) == len(named) else EXIT_MISUSE


@cli.command(cls=TakesFormulas)
@click.argument("paths", nargs=-1, required=True, type=FORMULA, shell_complete=completing.files)
@click.option(
    "--most", type=click.IntRange(min=1), help="Try at most this many mutants of each claim, always the same."
)
@_printed_as("text", "json")
def audit(paths: tuple[str, ...], most: int | None, form: str) -> int:
    """Spoil every claim in every place, and see each slip caught.

    PATHS are derivations (.py), files of claims (.toml, .json), folders of those, or formulas. A mutant has one sign,
    factor, exponent, argument, index, term, function or direction changed. It must be refuted, or proved where it
    happens to be true; exit code 3 says that one was neither.

    \b
    Examples:
      symgrad audit derivations
      symgrad audit claims.toml --most 20 --format json
    """
    from symgrad.checking import audit as mutation
    from symgrad.checking.reports import NotRead

    named = list(_claims_of_all(paths, ()))
    wanted = [each for each in named if not isinstance(each, NotRead)]
    for each in named:
        if isinstance(each, NotRead):
            _say(each.reason)
    found = []
    with terminal.progress("spoiling") as on_progress:
        for audited in mutation.audit_all(wanted, most, os.cpu_count() or 1):
            found.append(audited)
            on_progress(f"spoiling {audited.claim.id}", len(found), len(wanted))
    if form == "json":
        click.echo(mutation.to_json(found))
    elif found:
        terminal.print_audits(found)
    return mutation.exit_code(found) if len(wanted) == len(named) else EXIT_MISUSE


@cli.command()
@click.argument("folder", default=".", type=click.Path(file_okay=False, path_type=Path))
def init(folder: Path) -> int:
    """Make a small project: a derivation, claims, tests, a page.

    FOLDER is where it goes; by default the current one. A file that is already there is never overwritten: then nothing
    is written at all.

    \b
    Examples:
      symgrad init
      symgrad init gradients
    """
    click.echo("\n".join(f"written: {path}" for path in projects.create(folder)))
    click.echo("\n".join(f"next:    {command}" for command in projects.next_steps(folder)))
    return 0


@cli.command()
@_printed_as("text", "json")
def doctor(form: str) -> int:
    """Say what is installed, what is missing, and how to add it.

    Looks at Python, the libraries, the optional extras, the folder of known verdicts, and provers of other packages.
    Exit code 2 says that claims cannot be decided; an extra that is missing is no mistake.

    \b
    Examples:
      symgrad doctor
      symgrad doctor --format json
    """
    with terminal.progress("looking") as on_progress:
        report = installation.examine(lambda name, done, total: on_progress(f"looking at {name}", done, total))
    if form == "json":
        click.echo(json.dumps(report.as_json(), indent=2))
    else:
        terminal.print_table(("part", "version", "state", "remark"), report.rows())
        click.echo("\n".join(report.advice()))
    return 0 if report.is_sound else EXIT_MISUSE


@cli.command()
@click.argument("shell", type=click.Choice(completing.SHELLS))
def completion(shell: str) -> int:
    """Print what makes a shell complete commands, options and files.

    \b
    To install it, once for your shell:
      bash  add to ~/.bashrc:                eval "$(symgrad completion bash)"
      zsh   add to ~/.zshrc, after compinit: eval "$(symgrad completion zsh)"
      fish  symgrad completion fish > ~/.config/fish/completions/symgrad.fish

    \b
    Examples:
      symgrad completion bash
    """
    click.echo(completing.script(cli, shell))
    return 0


def decide(asked: Claim) -> Verdict:
    """The prover, loaded when there is a claim to decide."""
    from symgrad.prove import verify as prover

    return prover(asked)


def _decider(no_cache: bool) -> Callable[[Claim], Verdict]:
    """What finds verdicts: the prover, with its memory unless that is switched off."""
    from symgrad.checking import remembered

    return decide if no_cache else remembered.remembered(decide)


def _certificate_files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files of certificates that are named, and those of folders; a folder without any stands for itself."""
    from symgrad.checking.certificates import SUFFIX

    for path in paths:
        yield from (path.is_dir() and sorted(path.glob(f"*{SUFFIX}"))) or [path]


def _certificate(path: Path) -> Certificate | None:
    """The certificate in a file; what is none is told, and leaves the others as they are."""
    from symgrad.checking import certificates

    try:
        if path.is_dir():
            raise CertificateError(f"{path}: no certificates here; symgrad verify --certificates writes them")
        return certificates.read(path)
    except CertificateError as error:
        _say(str(error))
        return None


def _claims_of_all(
    texts: Iterable[str], where: tuple[str, ...], cell: tuple[str, ...] = ()
) -> Iterator[Claim | NotRead]:
    """The claims that arguments name: those of files and folders, or formulas; what is none is told among them."""
    from symgrad.checking.reports import NotRead

    for text in texts:
        try:
            yield from _claims_of(text, where, cell)
        except SymgradError as error:
            yield NotRead(text, one_line(str(error)))


def _with_common_remarks(wanted: list[Claim | NotRead], formulas: tuple[str, ...]) -> list[Claim | NotRead]:
    """The same, where a condition that is meant for one of several formulas is no slip of the others."""
    from symgrad.checking.reports import NotRead

    several = [each for each in wanted if not isinstance(each, NotRead) and each.id in formulas]
    common = frozenset[str].intersection(*(frozenset(each.remarks) for each in several)) if several else frozenset()
    return [
        each if isinstance(each, NotRead) or each.id not in formulas else replace(each, remarks=tuple(sorted(common)))
        for each in wanted
    ]


def _claims_of(text: str, where: tuple[str, ...], cell: tuple[str, ...]) -> Iterator[Claim | NotRead]:
    from symgrad.checking.reports import NotRead

    files = _claim_files(text)
    for option, given in (("--where", where), ("--cell", cell)):
        if files and given:
            raise ClaimError(f"{option} is for formulas; the claims of {text} say their own domains and cells")
    if not files:
        yield _formula(text, where, cell)
    for file in files:
        try:
            yield from _claims_in(file)
        except SymgradError as error:
            yield NotRead(str(file), one_line(str(error)))


def _formula(text: str, where: tuple[str, ...], cell: tuple[str, ...]) -> Claim:
    from symgrad.claims.claim import claim

    if not cell:
        return claim(text, where=where, id=text)
    from symgrad.recurrent import cell_claim  # only claims about cells need it

    return cell_claim(cell, text, where=where, id=text)


def _claim_files(text: str) -> list[Path]:
    """The files that an argument names; none if it is a formula."""
    path = Path(text)
    if not os.path.isdir(text):  # of a text that is too long for a path, Path.is_dir would raise an error
        is_named = len(text) <= LONGEST_PATH and path.suffix in CLAIM_FILES
        return [path] if text and (is_named or os.path.isfile(text)) else []
    named = (file for file in sorted(path.iterdir()) if file.suffix in CLAIM_FILES and file.name[0] not in "._")
    found = [file for file in named if file.suffix == ".py" or may_hold_claims(file)]
    if not found:
        raise ClaimError(f"{path}: no claims here; they are read from {_listed(CLAIM_FILES)} files")
    return found


def _claims_in(path: Path) -> Iterator[Claim | NotRead]:
    from symgrad.checking.claim_files import read_claims
    from symgrad.checking.reports import NotRead
    from symgrad.claims.derivation_files import load_derivation

    if path.suffix not in CLAIM_FILES:
        raise ClaimError(f"{path}: claims are read from {_listed(CLAIM_FILES)} files; {reader_of(path)}")
    if path.suffix == ".py":
        yield from (replace(c, id=f"{path.stem}.{c.id}") for c in load_derivation(path).claims)
        return
    for entry in read_claims(path):
        yield NotRead(entry.id, str(entry.read)) if isinstance(entry.read, ClaimError) else entry.read


def _listed(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _accepted(names: tuple[str, ...]) -> frozenset[Outcome]:
    return frozenset(ACCEPTABLE[name] for name in names)


def _print_first_screen() -> None:
    """What can be done: of each command, what it does and the first example of its help."""
    click.echo(f"{(cli.help or '').splitlines()[0]}\n")
    for name, command in cli.commands.items():
        lines = (command.help or "").splitlines()
        example = next(line.strip() for line in lines if line.strip().startswith(f"symgrad {name}"))
        click.echo(f"{lines[0]}\n  {example}")
    click.echo("\nsymgrad --help says more, and symgrad NAME --help all that one command can do.")


def main() -> None:
    """Run the command line; a user's mistake is one line on stderr and exit code 2, a slip of ours one and 70."""
    if os.environ.get(DEBUG):
        _show_failures()
    for stream in (sys.stdout, sys.stderr):
        # Letters that a terminal cannot show must not end the program.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = cli.main(prog_name="symgrad", standalone_mode=False)
        sys.stdout.flush()
    except click.UsageError as error:
        _complain(f"{error.format_message()} See {error.ctx.command_path if error.ctx else 'symgrad'} --help.")
    except click.ClickException as error:
        _complain(error.format_message())
    except (click.Abort, KeyboardInterrupt):
        _complain("interrupted; what was finished stays, nothing is half-written")
    except SymgradError as error:
        _complain(str(error))
    except ModuleNotFoundError as error:
        library = (error.name or "symgrad").partition(".")[0]
        if library == "symgrad":
            _confess(error)
        _complain(f"the library {library} is missing; symgrad doctor says how to add it")
    except BrokenPipeError:
        _forget_output()
        sys.exit(EXIT_MISUSE)
    except OSError as error:
        _forget_output()
        _complain(f"{error.filename or 'cannot print'}: {error.strerror or error}")
    except Exception as error:
        _confess(error)
    sys.exit(code)


def _complain(text: str) -> NoReturn:
    _say(text)
    sys.exit(EXIT_MISUSE)


def _say(text: str) -> None:
    click.echo(f"symgrad: {one_line(text)}", err=True)


def _show_failures() -> None:
    """Print on stderr what the prover logs, with the failures that it survived."""
    import logging

    log = logging.getLogger("symgrad.prove")
    log.setLevel(logging.DEBUG)
    log.addHandler(logging.StreamHandler())


def _confess(error: Exception) -> NoReturn:
    """Say in one line that symgrad has made a slip, and what to report; the traceback is for those who ask."""
    if os.environ.get(DEBUG):
        traceback.print_exc()
    said = shortened(f"{type(error).__name__}: {error}")
    click.echo(
        f"symgrad: internal error, a slip of symgrad and not of yours: {said}. Please report the command, its input "
        f"and what symgrad doctor prints; {DEBUG}=1 shows where it happened.",
        err=True,
    )
    sys.exit(EXIT_INTERNAL)


def _forget_output() -> None:
    """Let Python not try again, at its end, to print what cannot be printed."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
