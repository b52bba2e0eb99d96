"""Copies of values that hold formulas, also in another process: each tree is the one that was there.

SymPy pickles and copies an expression as the call that would make it, and that call evaluates: a claim that
``(1/4)**100`` is small would come out of a pool of processes as one about an integer of 61 digits.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, NamedTuple

from sympy import Basic, MatrixBase, Set

_OF_EVERY_NODE = ("_mhash", "_args", "_assumptions", "__weakref__", "__dict__")
_PLAIN = (bool, int, str, type(None))


class Exact:
    """A dataclass whose copies hold the same trees."""

    def __reduce__(self) -> tuple[Any, ...]:
        held = {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]
        return _made, (type(self), _packed(held, {}))


class _Tree(NamedTuple):
    """A node as what it is put together from: its class with what it knows besides its parts, or a function."""

    kind: Any
    parts: tuple[Any, ...]
    facts: Mapping[str, Any] | None


def _made(kind: type, held: dict[str, Any]) -> Any:
    value: Any = object.__new__(kind)
    for name, part in _unpacked(held, {}).items():
        object.__setattr__(value, name, part)
    return value


def _packed(value: Any, seen: dict[int, Any]) -> Any:
    if isinstance(value, Basic):
        if id(value) not in seen:
            seen[id(value)] = _tree(value, seen), value
        return seen[id(value)][0]
    if type(value) in (tuple, list):
        return type(value)(_packed(part, seen) for part in value)
    if type(value) is dict:
        return {_packed(key, seen): _packed(part, seen) for key, part in value.items()}
    return value


def _tree(node: Basic, seen: dict[int, Any]) -> Any:
    """The node in parts; as it is where that is no different."""
    kind = type(node)
    if kind.__reduce_ex__ is not Basic.__reduce_ex__:
        make, parts = node.__reduce_ex__(2)[:2]
        return _Tree(make, tuple(_packed(part, seen) for part in parts), None)
    if not node.args or isinstance(node, MatrixBase) or _named(kind) is not kind:
        return node
    facts = _facts(node)
    if not all(isinstance(fact, _PLAIN) for fact in facts.values()):
        return node
    again = _node(kind, node.args, facts)
    if again != node or hash(again) != hash(node):
        return node
    return _Tree(kind, tuple(_packed(part, seen) for part in node.args), facts)


def _named(kind: type) -> Any:
    """What another process finds under the name of a class."""
    return getattr(sys.modules.get(kind.__module__), kind.__qualname__, None)


def _facts(node: Basic) -> dict[str, Set | bool]:
    slots = {name for kind in type(node).__mro__ for name in kind.__dict__.get("__slots__", ())}
    known = {name: getattr(node, name) for name in sorted(slots.difference(_OF_EVERY_NODE)) if hasattr(node, name)}
    return known | getattr(node, "__dict__", {})


def _node(kind: type[Basic], parts: tuple[object, ...], facts: Mapping[str, object]) -> Basic:
    made: Basic = Basic.__new__(kind, *parts)
    for name, fact in facts.items():
        setattr(made, name, fact)
    return made


def _unpacked(value: Any, seen: dict[int, Basic]) -> Any:
    if isinstance(value, _Tree):
        if id(value) not in seen:
            parts = tuple(_unpacked(part, seen) for part in value.parts)
            seen[id(value)] = value.kind(*parts) if value.facts is None else _node(value.kind, parts, value.facts)
        return seen[id(value)]
    if type(value) in (tuple, list):
        return type(value)(_unpacked(part, seen) for part in value)
    if type(value) is dict:
        return {_unpacked(key, seen): _unpacked(part, seen) for key, part in value.items()}
    return value
