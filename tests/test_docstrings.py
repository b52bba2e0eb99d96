"""Every public name is documented as numpydoc wants it, and what its docstring shows runs."""

import doctest
import inspect
import re
from functools import cached_property

import pytest
from numpydoc.validate import validate

import symgrad

COUNTED = re.compile(r"GL\d\d|SS\d\d|PR\d\d|RT\d\d|YD\d\d|EX01")
# What we write otherwise: summaries say what is returned, and need no verb; a long one may take two lines.
NOT_COUNTED = {"SS05", "SS06"}
NAMES = [name for name in symgrad.__all__ if callable(getattr(symgrad, name))]
# Their own files do not know them as theirs, as users meet them under another name: no doctest runs there.
MOVED = [name for name in NAMES if getattr(symgrad, name).__module__ == "symgrad"]


def members(name):
    """The public methods and properties that a class defines itself."""
    owner = getattr(symgrad, name)
    for key, value in vars(owner).items() if inspect.isclass(owner) else ():
        made = getattr(value, "__func__", None) or getattr(value, "fget", None) or getattr(value, "func", value)
        is_own = inspect.isfunction(made) and made.__qualname__ == f"{owner.__qualname__}.{key}"
        if not key.startswith("_") and is_own and isinstance(value, OF_CLASSES):
            yield f"{name}.{key}"


OF_CLASSES = (type(members), property, cached_property, classmethod, staticmethod)
MEMBERS = [member for name in NAMES for member in members(name)]


def complaints(name, but_for=frozenset()):
    """What numpydoc says against a docstring, as far as it counts."""
    found = validate(f"symgrad.{name}")["errors"]
    return [said for code, said in found if COUNTED.fullmatch(code) and code not in NOT_COUNTED | set(but_for)]


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_is_documented(name):
    # The signature of an enumeration is Python's, for making another one.
    is_enumeration = isinstance(getattr(symgrad, name), type(symgrad.Outcome))
    assert complaints(name, {"PR01"} if is_enumeration else ()) == []


@pytest.mark.parametrize("name", MEMBERS)
def test_a_public_method_is_documented(name):
    assert complaints(name, {"EX01"}) == []


def test_methods_are_found():
    assert {"Claim.named", "Verdict.holds", "Domain.of", "ParseError.excerpt", "Cell.states"} <= set(MEMBERS)


def test_what_is_missing_is_told(monkeypatch):
    monkeypatch.setattr(symgrad.claim, "__doc__", "a claim")
    assert {"No Returns section found", "No examples section found"} <= set(complaints("claim"))


@pytest.mark.parametrize("name", MOVED)
def test_examples_of_errors_run(name):
    (*_, shown) = doctest.DocTestFinder(recurse=False).find(getattr(symgrad, name), name, module=False, globs={})
    assert shown.examples
    assert doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(shown).failed == 0
