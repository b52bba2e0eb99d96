"""Functions that stand for expressions: written by name, judged by what they stand for."""

import pickle

import pytest
import sympy

import symgrad as sg
from symgrad.documents.tree.document import symbol_rows
from symgrad.language.abbreviations import DEFINED, with_parameters
from symgrad.language.provable import as_sympy
from symgrad.language.written import Abbreviation, meaning
from symgrad.reading.text import parse_written, vocabulary
from symgrad.reading.text.vocabulary import written_call
from symgrad.symbols.notation import latex

CALLS = [
    f"{name}({', '.join('xyz'[:count])})"
    for counts, row in DEFINED.items() for name in row for count in counts
] + ["log(x, y)"]  # fmt: skip


@pytest.mark.parametrize("text", CALLS)
def test_what_was_written_is_shown_and_comes_back(text):
    said = sg.claim(f"diff({text}, x) == 2*{text}**2")
    name = text.split("(")[0]
    assert str(said) == f"diff({text}, x) == 2*{text}**2"
    assert sg.claim(str(said)) == said
    assert pickle.loads(pickle.dumps(said)) == said
    assert name.replace("_", r"\_") in latex(said.statement.lhs) or name == "log"


@pytest.mark.parametrize("text", CALLS)
def test_what_it_stands_for_is_what_the_function_makes(text):
    tree = parse_written(text)
    name = type(tree).__name__
    made = vocabulary.function(name).make(*tree.args)
    assert isinstance(tree, Abbreviation)
    assert not meaning(tree).has(Abbreviation)
    point = {s: sympy.Rational(3 + i, 7) for i, s in enumerate(sorted(tree.free_symbols, key=str))}
    assert abs(sympy.N(as_sympy(tree).subs(point) - made.subs(point), 30)) < sympy.Float("1e-25")


def test_they_are_judged_by_what_they_stand_for():
    assert sg.verify(sg.claim("diff(log1p(x), x) == 1/(1 + x)", where=["x > -1"])).holds
    assert sg.verify(sg.claim("sigmoid(logit(p)) == p", where=["p in (0, 1)"])).holds
    assert sg.verify(sg.claim("sigmoid(logit(p)) == p", where=["p in (0, 1]"])).holds is False
    assert sg.verify("expm1(x) == exp(x)").holds is False


def test_parameters_are_named_as_in_the_table():
    x, two = sympy.Symbol("q", real=True), sympy.Integer(2)
    assert str(with_parameters(written_call("logit", None, x))) == "logit(p)"
    assert str(with_parameters(written_call("log", sympy.log, x, two))) == "log(x, base)"


def test_a_document_says_what_they_stand_for(tmp_path):
    path = tmp_path / "inverse.py"
    path.write_text(
        'import symgrad as sg\np = sg.real("p")\n'
        'derivation = sg.Derivation("Inverse", sg.statement("sigmoid(logit(p)) == p", where=["p in (0, 1)"]))\n',
        encoding="utf-8",
    )
    rows = dict(symbol_rows(sg.load_derivation(path)))
    assert rows[r"\operatorname{logit}\left(p\right)"].content == r"\log{\left(\frac{p}{1 - p} \right)}"
