"""The parts of the documentation that are made from the program itself, as Markdown."""

from collections.abc import Callable, Iterator, Mapping

import click
import sympy
from sympy import S

import symgrad as sg
from symgrad.activations import Activation
from symgrad.cli.commands import cli
from symgrad.language import size_limits as limits
from symgrad.language.abbreviations import DEFINED, called, with_parameters
from symgrad.language.written import meaning
from symgrad.reading.text import scan, vocabulary

LONGEST_EXACT = 40


def _code(text: object) -> str:
    return f"`{text}`"


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


# --- formulas -----------------------------------------------------------------------------------------------


def functions() -> str:
    """All names that formulas may call, by how many arguments they take."""
    by_arity: dict[tuple[int, ...], list[str]] = {}
    for name in vocabulary.function_names():
        function = vocabulary.function(name)
        assert function is not None
        by_arity.setdefault(function.arities, []).append(name)
    rows = [
        (_arguments(arities), " ".join(map(_code, sorted(names, key=str.lower)))) for arities, names in by_arity.items()
    ]
    return _table(("arguments", "functions"), rows)


def abbreviations() -> str:
    """The functions that stand for expressions, with what they stand for."""
    rows = []
    for counts, row in DEFINED.items():
        for name, count in ((name, count) for name in row for count in counts):
            call = with_parameters(called(name, *[S.Zero] * count))
            rows.append((_code(str(call)), _code(str(meaning(call)))))
    return _table(("function", "stands for"), sorted(rows, key=str))


def _arguments(arities: tuple[int, ...]) -> str:
    return " or ".join(map(str, arities)) if arities else "1 or more"


def constants() -> str:
    """The constants of formulas."""
    return ", ".join(_code(name) for name in (*vocabulary.CONSTANTS, vocabulary.INFINITY))


LIMITS = {
    "characters": scan.MAX_LENGTH,
    "words and signs": scan.MAX_WORDS,
    "brackets within each other": scan.MAX_DEPTH,
    "digits of a number": scan.MAX_DIGITS,
    "characters of a name": scan.MAX_NAME,
    "size of an exponent": limits.MAX_EXPONENT,
    "digits of a number that comes out": limits.MAX_RESULT_DIGITS,
    "parts of the expression that comes out": limits.MAX_NODES,
}


def size_limits() -> str:
    """How large a formula may be."""
    return _table(("at most", "of"), [(f"{number:,}", what) for what, number in LIMITS.items()])


# --- verdicts -----------------------------------------------------------------------------------------------


def outcomes() -> str:
    """The outcomes and what they mean, strongest first."""
    return _table(("outcome", "meaning"), [(outcome.name, outcome.value) for outcome in sg.Outcome])


# --- activations --------------------------------------------------------------------------------------------


def _names() -> dict[str, list[str]]:
    """The name of each activation, with the other names it has."""
    found: dict[str, list[str]] = {}
    for name, row in sg.ACTIVATIONS.items():
        found.setdefault(row.name, []).append(name)
    return {name: [other for other in names if other != name] for name, names in found.items()}


def _bound(row: Activation) -> str:
    largest = row.largest_slope
    if not largest.is_exact:
        return f"between {_number(largest.lower)} and {_number(largest.upper)}"
    exact = sg.to_text(largest.upper)
    return _code(exact) if len(exact) <= LONGEST_EXACT else f"{sympy.N(largest.upper, 7)}…"


def _number(value: sympy.Rational) -> str:
    return str(sympy.N(value, 7))


def _place(row: Activation) -> str:
    largest = row.largest_slope
    verb = "attained" if largest.attained else "approached"
    if not largest.is_exact:
        return f"{verb} near {_number(largest.at)}"
    return f"{verb} at {_code(sg.to_text(largest.at))}"


def _kinks(row: Activation) -> str:
    return ", ".join(_code(sg.to_text(kink)) for kink in row.kinks) or "none"


def activations() -> str:
    """All activations with their largest slopes and kinks."""
    rows = [(_code(name), _bound(row), _place(row), _kinks(row)) for name, row in _rows()]
    return _table(("activation", "largest slope", "where", "kinks"), rows)


def _rows() -> Iterator[tuple[str, Activation]]:
    return ((name, sg.ACTIVATIONS[name]) for name in _names())


def activation_facts() -> str:
    """Definition, slope, range and source of each activation."""
    return "\n\n".join(_facts(name, row) for name, row in _rows())


def _facts(name: str, row: Activation) -> str:
    facts = {
        "also called": ", ".join(map(_code, _names()[name])),
        "parameters": ", ".join(
            f"{_code(symbol)}, {sg.to_text(value)} if left out" for symbol, value in row.parameters
        ),
        "definition": _code(sg.to_text(row.definition)),
        "slope": _code(sg.to_text(row.slope)),
        "slope in terms of the output y": "" if row.slope_in_output is None else _code(sg.to_text(row.slope_in_output)),
        "largest slope": f"{_bound(row)}, {_place(row)}",
        "kinks": _kinks(row),
        "values": "" if row.range is None else _code(_set(row.range)),
        "source": row.source,
    }
    return "\n".join([f"### {name}\n", *(f"- {what}: {said}" for what, said in facts.items() if said)])


def _set(values: sympy.Set) -> str:
    if not isinstance(values, sympy.Interval):
        return "(-oo, oo)"
    left, right = "(" if values.left_open else "[", ")" if values.right_open else "]"
    return f"{left}{sg.to_text(values.start)}, {sg.to_text(values.end)}{right}"


# --- command line -------------------------------------------------------------------------------------------


def commands() -> str:
    """The help of each command, as it is printed."""
    parts = [("symgrad", cli), *((f"symgrad {name}", command) for name, command in cli.commands.items())]
    return "\n\n".join(f"## {name}\n\n```text\n{_help(name, command)}\n```" for name, command in parts)


def _help(name: str, command: click.Command) -> str:
    settings = {**cli.context_settings, "terminal_width": 100}
    return command.get_help(click.Context(command, info_name=name, **settings))


TABLES: Mapping[str, Callable[[], str]] = {
    "functions": functions,
    "abbreviations": abbreviations,
    "constants": constants,
    "size_limits": size_limits,
    "outcomes": outcomes,
    "activations": activations,
    "activation_facts": activation_facts,
    "commands": commands,
}
