"""What runs and formulas share: their options, and a program that is made when it is first asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import fields
from functools import cached_property
from typing import Any

from symgrad.compute.arrays.emit import Source
from symgrad.compute.numbers.dtypes import dtype_name
from symgrad.compute.passes.segments import Wiring
from symgrad.compute.run.backends import Backend, backend_named, check_options


class Computation(ABC):
    """A program in the numbers of a backend: the base of `Run` and `Formula`, which are dataclasses."""

    backend: str
    sizes: Mapping[Any, int]
    digits: int | None
    scaled: bool
    threads: int
    dtype: str

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
