"""The words of vector formulas: those of formulas, with `@`, `.T`, times in square brackets and slices."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from sympy.core.alphabets import greeks

from symgrad.base.errors import ParseError
from symgrad.reading.text.scan import FOREIGN, MAX_NAME, NAME, SIGNS, Places, Scan, Source, check_length

_WORD = re.compile(
    rf"""(?P<space>\s+)
      | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
      | {SIGNS}
      | (?P<name>{NAME})
      | (?P<attribute>\.\s*[^\W\d]\w*)
      | (?P<foreign>{FOREIGN})
      | (?P<operator>\*\*|==|!=|<=|>=|[-+*/<>@&|~])
      | (?P<bracket>[][()])
      | (?P<comma>,)
      | (?P<entries>[⊙∘])
      | (?P<caret>\^)
      | (?P<colon>:)
      | (?P<stranger>.)""",
    re.VERBOSE | re.DOTALL,
)
_EQUALS = re.compile(r"(?<![<>!=:])==?(?!=)")
_CLOSING = {"(": ")", "[": "]"}
BY_ENTRIES = "%"  # what Python reads in place of the sign; no formula has it as it stands


@dataclass(frozen=True)
class VectorSource(Source):
    """A text, or a part of it, to be read as one vector formula."""

    def written(self, line: str, shift: int) -> Places:
        return VectorScan(self, shift).run(line)

    def sides(self) -> Iterator[VectorSource]:
        """What stands before and behind the sign of equality.

        Raises
        ------
        ParseError
            If there is none, or more than one.
        """
        check_length(self.text)
        signs = list(_EQUALS.finditer(self.text))
        if not signs:
            raise self.fault(len(self.text), "an equation is wanted, as in h[t] = tanh(a[t])")
        if len(signs) > 1:
            raise self.fault(signs[1].start(), "one equation at a time, with one sign of equality")
        yield VectorSource(self.text, 0, signs[0].start())
        yield VectorSource(self.text, signs[0].end(), len(self.text))


_COMMAND = re.compile(r"\\([A-Za-z]+)")
_DERIVATIVE = "the gradient of W is named dW, as in dW = …, and a Jacobian dh[t]/dh[t-1]"
_COMMANDS = {
    **dict.fromkeys(("odot", "circ"), "write hadamard(u, v)"),
    **dict.fromkeys(("top", "intercal"), "write W.T"),
    **dict.fromkeys(("cdot", "times"), "write * between scalars, @ between matrices"),
    "otimes": "write outer(u, v)",
    "sum": "write sum(f, (t, 1, T))",
    "frac": "write a/b",
    "partial": _DERIVATIVE,
}
_STEPS = {"prev": "-1", "next": "+1"}  # what variables of Python have for other steps


class VectorScan(Scan):
    """One walk over the words of a vector formula."""

    words: ClassVar[re.Pattern[str]] = _WORD

    def _attribute(self, word: str) -> None:
        name = word[1:].strip()
        if self.wants_value:
            raise self._fault("a value is missing before '.'")
        if name != "T":
            hint = f"; a text says [t{_STEPS[name]}]" if name in _STEPS else ""
            raise self._fault(f"the only attribute is .T, the transpose; got .{name[:MAX_NAME]}{hint}")
        self.pending[-1] += 1
        self._check_depth()

    def _entries(self, word: str) -> str:
        """The sign of the product by entries; for Python, one of the strength of a product."""
        self._operator("*")
        return BY_ENTRIES

    def _caret(self, word: str) -> str:
        self._operator("**")
        behind = self.source.text[self.place + 1 : self.place + 3].strip()
        if behind[:1] == "T" and not behind[1:].isalnum():
            raise self._fault("^T has two meanings; write .T for the transpose, **T for the power")
        return "**"

    def _colon(self, word: str) -> None:
        if self._innermost() != "[" or (self.wants_value and self.last not in ("[", ",")):
            raise self._fault("a colon stands only between the ends of a slice, as in a[t][0:n]")
        self.wants_value = True

    def _comma(self, word: str) -> None:
        if self.wants_value and self.last == ":":
            self.wants_value = False
        super()._comma(word)

    def _bracket(self, word: str) -> None:
        if word == "[":
            self._open_square()
        elif word in _CLOSING.values():
            self._close(word)
        else:
            super()._bracket(word)

    def _open_square(self) -> None:
        self.pending[-1] += 1
        self.brackets.append((self.place, "["))
        self.pending.append(0)
        self._check_depth()
        self.wants_value = True

    def _close(self, word: str) -> None:
        opened = self._innermost()
        if opened and _CLOSING[opened] != word:
            raise self._fault(f"{opened!r} is closed by {_CLOSING[opened]!r}; got {word!r}")
        if self.wants_value and self.last not in ("(", ":"):
            raise self._fault(f"something must stand between {self.last!r} and {word!r}")
        self.wants_value = False
        super()._bracket(word)

    def _stranger(self, word: str) -> None:
        command = _COMMAND.match(self.source.text, self.place)
        if command:
            name = command[1]
            meant = _COMMANDS.get(name) or (f"write {name}" if name.lower() in greeks else "formulas have none")
            raise self._fault(f"\\{name[:MAX_NAME]} is a command of LaTeX; {meant}")
        if word in ("'", "′"):
            raise self._fault(f"{word!r} has two meanings; write .T for the transpose, slope(tanh, a) for a slope")
        if word == "∂":
            raise self._fault(f"'∂' is PARTIAL DIFFERENTIAL; {_DERIVATIVE}")
        super()._stranger(word)

    def _innermost(self) -> str:
        return self.brackets[-1][1] if self.brackets else ""

    def _fault(self, reason: str) -> ParseError:
        return super()._fault(reason.replace("subscripts are not part of a formula; write x_1", "a bracket is missing"))
