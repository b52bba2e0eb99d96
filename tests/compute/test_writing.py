"""Expressions that programs are written in."""

import ast

import pytest
from cells_in_numbers import run_and_point
from cells_of_size_one import LOSSES, SIZES, TERMS, cell_of

import symgrad as sg
from symgrad.compute.text.writing import Writer


def parsed(text):
    return ast.parse(text, mode="eval").body


def is_atom(text):
    """Whether a subscript behind an expression takes the whole of it."""
    whole = parsed(f"{text}[0]")
    return isinstance(whole, ast.Subscript) and ast.dump(whole.value) == ast.dump(parsed(text))


@pytest.fixture
def written(monkeypatch):
    """All expressions that are written meanwhile."""
    texts, text_of = set(), Writer.text

    def kept(writer, node):
        text = text_of(writer, node)
        texts.add(text)
        return text

    monkeypatch.setattr(Writer, "text", kept)
    return texts


def test_an_atom_is_told():
    assert is_atom("(a + b)")
    assert is_atom("f(a)")
    assert is_atom("a[1]")
    assert not is_atom("a + b")
    assert not is_atom("a**2")
    assert not is_atom("-1")
    assert not is_atom("(a)*(b)")


@pytest.mark.parametrize("options", [{}, {"backend": "mpmath"}, {"scaled": True}], ids=str)
@pytest.mark.parametrize("name", sg.CELLS)
def test_every_expression_of_every_cell_is_an_atom(name, options, written):
    run, _ = run_and_point(name, "last", 3, **options)
    run.source()
    assert written
    assert not [text for text in written if not is_atom(text)]


@pytest.mark.parametrize("sizes", [next(iter(SIZES)), list(SIZES)[-2]])
def test_every_expression_of_every_operation_is_an_atom(sizes, written):
    for term in TERMS:
        grad, known = cell_of(term, sizes, next(iter(LOSSES)))
        grad.compile(known).source()
    assert not [text for text in written if not is_atom(text)]
