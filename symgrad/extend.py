"""All ways to extend symgrad, in one place.

==================  ==============================================================================================
what                by
==================  ==============================================================================================
an activation       `define` for a function of one's own, `describe` for one that SymPy has
a rule              a vector-Jacobian product of an operation: a row of `RULES`, from its class to a `Rule`
a cell              a `CellRow` in `symgrad.CELLS`
a prover            a function of a `Goal` and of `Decide`, named by an entry point of the group ``symgrad.provers``;
                    what it takes for granted goes through `settle`
a backend           a `Backend`, a row of `BACKENDS` or named by an entry point of the group ``symgrad.backends``: how a
                    computation is done in its arithmetic
a kind of document  a module with functions ``pages(page)`` and ``index(entries)``, one of
                    ``symgrad.documents.formats`` with a line in `FORMATS`, or named by an entry point of the group
                    ``symgrad.formats``; `document` gives the tree of a `Page`
==================  ==============================================================================================

Examples
--------
>>> from symgrad import extend
>>> sorted(extend.BACKENDS)
['balls', 'compiled', 'mpmath', 'numpy']
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from symgrad.activations.functions import define, describe
    from symgrad.activations.rows import LargestSlope
    from symgrad.compute.run.backends import BACKENDS, Backend
    from symgrad.documents.tree.document import Page, document
    from symgrad.documents.workshop.kinds import FORMATS
    from symgrad.prove.basics.goals import Decide, Goal, Prover
    from symgrad.prove.certain.side_conditions import settle
    from symgrad.recurrent.cells.zoo import CellRow
    from symgrad.recurrent.gradients.vjp import RULES, Rule
else:
    # Who adds an activation need not have what documents need.
    _ROOMS = {
        "activations.functions": "define describe",
        "activations.rows": "LargestSlope",
        "compute.run.backends": "Backend BACKENDS",
        "documents.workshop.kinds": "FORMATS",
        "documents.tree.document": "document Page",
        "prove.basics.goals": "Decide Goal Prover",
        "prove.certain.side_conditions": "settle",
        "recurrent.cells.zoo": "CellRow",
        "recurrent.gradients.vjp": "Rule RULES",
    }
    _ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names.split()}

    def __getattr__(name: str) -> object:
        if name not in _ROOM_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return globals().setdefault(name, getattr(import_module(f"symgrad.{_ROOM_OF[name]}"), name))


__all__ = [
    "BACKENDS", "Backend", "CellRow", "Decide", "FORMATS", "Goal", "LargestSlope", "Page", "Prover", "RULES", "Rule",
    "define", "describe", "document", "settle",
]  # fmt: skip
