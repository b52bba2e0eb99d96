"""What runs and formulas share: their options, and a program that is made when it is first asked for."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import fields
from functools import cached_property
from typing import Any

import numpy as np
import sympy

from symgrad.base.errors import CellError, UnderflowWarning
from symgrad.base.untyped import Array
from symgrad.compute.arrays.emit import Source
from symgrad.compute.numbers.arithmetic import LEAST_NORMAL, NEARLY_ZERO
from symgrad.compute.numbers.dtypes import dtype_name
from symgrad.compute.passes.segments import Wiring
from symgrad.compute.program.program import Program
from symgrad.compute.run.backends import Backend, backend_named, check_options
from symgrad.compute.run.zeros import reach_of

FIRST_INFINITE = 2**1024 - 2**970  # what rounds to no double
_REMEDY = "use scaled=True or backend='balls'"


class Computation(ABC):
    """A program in the numbers of a backend: the base of `Run` and `Formula`, which are dataclasses."""

    backend: str
    sizes: Mapping[Any, int]
    digits: int | None
    scaled: bool
    threads: int
    dtype: str

    @property
    @abstractmethod
    def program(self) -> Program:
        """What every backend reads."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "dtype", dtype_name(self.dtype))
        check_options(self.backend, self.digits, self.scaled, self.threads, self.dtype)

    def __getstate__(self) -> dict[str, Any]:
        """What it is made from; its program is made again in another process."""
        return {each.name: getattr(self, each.name) for each in fields(self)}  # type: ignore[arg-type]

    def source(self, scalars: bool = False) -> Source:
        """The generated source of numpy, in symgrad's own identifiers; ``print(run.program)`` is code to read.

        Parameters
        ----------
        scalars : bool
            Whether it is that over plain numbers, for scalars without leading axes.

        Returns
        -------
        Source
            With the code as `text`.
        """
        source = self._wiring(scalars).source
        assert isinstance(source, Source)
        return source

    @abstractmethod
    def _wiring(self, scalars: bool) -> Wiring:
        """The program as source of numpy with what it reads and writes."""

    @cached_property
    def _wirings(self) -> dict[tuple[bool, ...], Wiring]:
        return {}

    @property
    def _row(self) -> Backend:
        return backend_named(self.backend)

    @cached_property
    def _is_in_doubles(self) -> bool:
        """Whether it is computed in doubles; if so, the numbers of the program are looked at."""
        return self._row.is_in_doubles and not self.scaled

    def _look_at_numbers(self) -> None:
        """Refuse a number of the program that is beyond the range of doubles."""
        beyond = self._out_of_doubles[0] if self._is_in_doubles else None
        if beyond is not None:
            raise CellError(f"the number {sympy.Float(beyond, 2)} is beyond the range of doubles; {_REMEDY}")

    def _tell_of_small_numbers(self, found: Iterable[Array], stacklevel: int = 3) -> None:
        """Warn of a number of the program that is below the range of doubles: once, and where a result is nearly 0."""
        below = self._out_of_doubles[1]
        if below is None or (self._told and not any((np.abs(a) < NEARLY_ZERO).any() for a in found)):
            return
        self._told.append(below)
        number = f"the number {sympy.Float(below, 2)}"
        told = f"{number} is below the range of doubles: a 0 need not be one; {_REMEDY}"
        warnings.warn(told, UnderflowWarning, stacklevel)

    @cached_property
    def _reach(self) -> float:
        return reach_of(self.program)

    @cached_property
    def _told(self) -> list[Any]:
        """The numbers that were warned of."""
        return []

    @cached_property
    def _out_of_doubles(self) -> tuple[Any, Any]:
        """A number of the program that is beyond the range of doubles, and one that is below it, or None."""
        nodes = (node for line in self.program.lines for node in line.node.walk())
        numbers = sorted({node.data for node in nodes if node.op == "number"})
        beyond = next((x for x in numbers if abs(x) >= FIRST_INFINITE), None)
        return beyond, next((x for x in numbers if 0 < abs(x) < LEAST_NORMAL), None)
