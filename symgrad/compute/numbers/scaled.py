"""Scaled numbers: arrays of a mantissa times a power of two, entry by entry, which neither underflow nor overflow."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
from flint import arb

from symgrad.base.errors import CellError, ShapeError, UnderflowWarning
from symgrad.base.kinds import demand, number_array, real_array, shown
from symgrad.base.precision import many_digits
from symgrad.base.untyped import Array

DIGITS = 8  # shown
BITS = 53
_MOST_EXP = 2.0**40
# Exponents stay below it in size, so that sums and differences of two fit into 64 bits.
_LIMIT = 1 << 62
_ZERO = -_LIMIT  # the exponent of 0: so low that any other number counts more in a sum


@dataclass(frozen=True, eq=False)
class Scaled:
    """An array of numbers ``m * 2**e`` with ``1/2 <= abs(m) < 1``, or 0.

    Arithmetic is that of NumPy arrays, with doubles as the other operand too, and each operation rounds as in doubles:
    16 digits, at any size. NumPy's own functions refuse them, as they would become 0 or infinite there.

    Parameters
    ----------
    mantissa : array of float
        In the shape of the array. Make scaled numbers of others by `of`, `of_balls` or `exp`.
    exponent : array of int
        Of the same shape; powers of two.

    Examples
    --------
    >>> tiny = Scaled.of(1e-300) ** 6
    >>> tiny, tiny.log10().round(6).item(), tiny * Scaled.of(-1e300) ** 5
    (Scaled(1.0000000e-1800), -1800.0, Scaled(-1.0000000e-300))
    >>> (tiny * tiny + tiny * 2) / tiny
    Scaled(2.0000000)
    """

    mantissa: Array
    exponent: Array

    __array_ufunc__ = None  # so that a NumPy array on the left hands over to us
    __hash__ = None  # type: ignore[assignment]

    @classmethod
    def of(cls, value: object) -> Scaled:
        """Doubles as scaled numbers; scaled numbers as they are.

        Parameters
        ----------
        value : array of float or Scaled
            Numbers of any shape.

        Returns
        -------
        Scaled
            The same numbers, exactly.

        Raises
        ------
        CellError
            If they are no real numbers.
        """
        if isinstance(value, Scaled):
            return value
        mantissa, exponent = np.frexp(real_array(value, "scaled numbers are made of real numbers"))
        return cls(mantissa, np.where(mantissa == 0, _ZERO, exponent.astype(np.int64)))

    @classmethod
    def of_balls(cls, balls: object) -> Scaled:
        """The middles of balls, rounded to 53 bits.

        Parameters
        ----------
        balls : arb or array of arb
            Balls of python-flint, of any shape.

        Returns
        -------
        Scaled
            In the same shape.
        """
        array = number_array(balls, "Scaled.of_balls takes balls of python-flint", object)
        pairs = np.array([_parts(ball) for ball in array.ravel()], dtype=object).reshape(-1, 2)
        mantissa = pairs[:, 0].astype(float).reshape(array.shape)
        return cls(mantissa, _checked(mantissa, pairs[:, 1].reshape(array.shape)).astype(np.int64))

    @classmethod
    def exp(cls, value: float) -> Scaled:
        """The exponential of doubles up to 2**40 in size; beyond 2**20 an error in their last place shows.

        Parameters
        ----------
        value : array of float
            The exponents.

        Returns
        -------
        Scaled
            In the same shape.

        Raises
        ------
        CellError
            If one is larger, or not finite.

        Examples
        --------
        >>> Scaled.exp(-1e6)
        Scaled(3.2968315e-434295)
        """
        given = real_array(value, "Scaled.exp takes real numbers")
        if not (np.abs(given) <= _MOST_EXP).all():
            raise CellError(
                f"Scaled.exp takes numbers up to 2**40 in size; got {given[~(np.abs(given) <= _MOST_EXP)][0]}"
            )
        power = np.round(given / _LN2)
        # ln 2 in two parts, the first of so few bits that its products with whole numbers are exact.
        rest = (given - power * _LN2_HIGH) - power * _LN2_LOW
        return cls(np.exp(rest), power.astype(np.int64)).normal()

    def normal(self) -> Scaled:
        """The same numbers with mantissas between 1/2 and 1.

        Returns
        -------
        Scaled
            In the same shape. Only what was made of a mantissa and an exponent by hand needs it.

        Raises
        ------
        CellError
            If an exponent is 2**62 or more in size.
        """
        mantissa, more = np.frexp(self.mantissa)
        return Scaled(mantissa, _checked(mantissa, self.exponent + more))

    # --- arrays ---------------------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array; () for a single number."""
        return tuple(np.shape(self.mantissa))

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    def __len__(self) -> int:
        return len(self.mantissa)

    def __iter__(self) -> Iterator[Scaled]:
        return (self[k] for k in range(len(self)))

    def __getitem__(self, place: Any) -> Scaled:
        if not self.shape and place is not Ellipsis and not (isinstance(place, tuple) and not place):
            raise CellError("a single scaled number has no entries")
        return Scaled(np.asarray(self.mantissa)[place], np.asarray(self.exponent)[place])

    @classmethod
    def stack(cls, parts: Iterable[object], axis: int = 0) -> Scaled:
        """Numbers of the same shape along a new axis.

        Parameters
        ----------
        parts : iterable of Scaled or array of float
            All of one shape.
        axis : int
            Where the new axis stands.

        Returns
        -------
        Scaled
            With one axis more.

        Raises
        ------
        ShapeError
            If there is no part, or two have different shapes.
        """
        demand(Iterable, parts, "Scaled.stack takes the parts in a list")
        found = [cls.of(part) for part in parts]
        if not found or len({part.shape for part in found}) > 1:
            shapes = tuple(dict.fromkeys(part.shape for part in found))
            raise ShapeError("Scaled.stack takes one number or array or more, all of one shape", "stack", shapes)
        return cls(np.stack([p.mantissa for p in found], axis), np.stack([p.exponent for p in found], axis))

    @property
    def T(self) -> Scaled:
        """The transpose."""
        return Scaled(self.mantissa.T, self.exponent.T)

    def reshape(self, *shape: int) -> Scaled:
        """The same numbers in another shape.

        Parameters
        ----------
        *shape : int or tuple of int
            As for NumPy's reshape.

        Returns
        -------
        Scaled
            With as many numbers.
        """
        return Scaled(self.mantissa.reshape(*shape), self.exponent.reshape(*shape))

    def __array__(self, dtype: object = None, copy: bool | None = None) -> Any:
        raise CellError(
            "scaled numbers do not fit in an array of doubles; ask for .to_float(), .log10() or .to_mpmath()"
        )

    def sum(self, axis: int | tuple[int, ...] | None = None) -> Scaled:
        """The sum over axes, each in units of its own largest term.

        Parameters
        ----------
        axis : int or tuple of int, optional
            Over which axes; over all unless given.

        Returns
        -------
        Scaled
            Without these axes. Terms that cancel lose digits, as in doubles.
        """
        largest = self.exponent.max(axis=axis, keepdims=True, initial=_ZERO)
        total = np.ldexp(self.mantissa, _shift(self.exponent - largest)).sum(axis=axis)
        return Scaled(total, np.broadcast_to(largest.reshape(total.shape), total.shape)).normal()

    # --- arithmetic -----------------------------------------------------------------------------------------

    def __mul__(self, other: Array) -> Scaled:
        factor = Scaled.of(other)
        return Scaled(self.mantissa * factor.mantissa, self.exponent + factor.exponent).normal()

    __rmul__ = __mul__

    def __truediv__(self, other: Scaled) -> Scaled:
        divisor = Scaled.of(other)
        with np.errstate(divide="ignore", invalid="ignore"):
            return Scaled(self.mantissa / divisor.mantissa, self.exponent - divisor.exponent).normal()

    def __rtruediv__(self, other: float) -> Scaled:
        return Scaled.of(other) / self

    def __add__(self, other: Array) -> Scaled:
        term = Scaled.of(other)
        largest = np.maximum(self.exponent, term.exponent)
        left = np.ldexp(self.mantissa, _shift(self.exponent - largest))
        right = np.ldexp(term.mantissa, _shift(term.exponent - largest))
        return Scaled(left + right, largest).normal()

    __radd__ = __add__

    def __neg__(self) -> Scaled:
        return Scaled(-self.mantissa, self.exponent)

    def __sub__(self, other: Scaled) -> Scaled:
        return self + -Scaled.of(other)

    def __rsub__(self, other: float) -> Scaled:
        return Scaled.of(other) + -self

    def __matmul__(self, other: Array) -> Scaled:
        """The product of matrices and vectors, as of NumPy arrays."""
        return _matmul(self, Scaled.of(other))

    def __rmatmul__(self, other: Array) -> Scaled:
        return _matmul(Scaled.of(other), self)

    def __pow__(self, exponent: int) -> Scaled:
        """A whole power, by squaring."""
        if not isinstance(exponent, int | np.integer):
            raise CellError(f"powers of scaled numbers are whole; got {exponent!r}; there is .sqrt()")
        if exponent < 0:
            return 1.0 / self**-exponent
        found, square = Scaled.of(np.ones(self.shape)), self
        while exponent:
            if exponent & 1:
                found = found * square
            exponent >>= 1
            square = square * square if exponent else square
        return found

    def sqrt(self) -> Scaled:
        """The square root; nan of what is negative.

        Returns
        -------
        Scaled
            In the same shape.
        """
        odd = self.exponent % 2
        with np.errstate(invalid="ignore"):
            return Scaled(np.sqrt(np.ldexp(self.mantissa, odd.astype(np.int32))), (self.exponent - odd) // 2).normal()

    # Comparisons are entry by entry, as of NumPy arrays.

    def __eq__(self, other: Any) -> Any:
        return (self - other).mantissa == 0

    def __ne__(self, other: Any) -> Any:
        return (self - other).mantissa != 0

    def __lt__(self, other: Scaled) -> Array:
        return (self - other).mantissa < 0

    def __le__(self, other: Scaled) -> Array:
        return (self - other).mantissa <= 0

    def __gt__(self, other: Scaled) -> Array:
        return (self - other).mantissa > 0

    def __ge__(self, other: Scaled) -> Array:
        return (self - other).mantissa >= 0

    def __abs__(self) -> Scaled:
        return Scaled(np.abs(self.mantissa), self.exponent)

    @property
    def sign(self) -> Array:
        """-1, 0 or 1 for each number, an array of doubles."""
        return np.sign(self.mantissa)

    def log10(self) -> Array:
        """The decimal logarithm of the magnitude, for plots: -inf for 0.

        Returns
        -------
        array of float
            In the same shape; a number for a single one.

        Examples
        --------
        >>> (Scaled.of([0.5, 0.0]) ** 10000).log10().round(6).tolist()
        [-3010.299957, -inf]
        """
        size = np.abs(self.mantissa)
        near = np.ldexp(size, np.clip(self.exponent, 0, 1).astype(np.int32))  # the number, where it is near 1
        with np.errstate(divide="ignore"):
            far = self.exponent * math.log10(2) + np.log10(size)
            close = np.log1p(near - 1) / math.log(10)
        found = np.where((self.exponent == 0) | (self.exponent == 1), close, far)
        return np.where(size == 0, -np.inf, found)[()]

    # --- as other numbers -----------------------------------------------------------------------------------

    def to_float(self) -> Array:
        """Doubles; a number below their range becomes 0, one above it an infinity, each with a warning.

        Returns
        -------
        array of float
            In the same shape; a number for a single one.

        Warns
        -----
        UnderflowWarning
            If a number that is not 0 becomes 0 or loses digits.
        RuntimeWarning
            If a number becomes infinite.
        """
        with np.errstate(over="ignore", under="ignore"):
            found = np.ldexp(self.mantissa, np.clip(self.exponent, -5000, 5000).astype(np.int32))
        if np.any((self.mantissa != 0) & (self.exponent < -1021)):
            _warn("numbers below the range of doubles became 0 or lost digits", UnderflowWarning)
        if np.any(np.isinf(found) & np.isfinite(self.mantissa)):
            _warn("numbers above the range of doubles became infinite", RuntimeWarning)
        return found

    def to_mpmath(self) -> Array:
        """The same numbers, exactly, as numbers of mpmath.

        Returns
        -------
        mpf or array of mpf
            In the same shape; a number for a single one.
        """
        found = np.empty(self.shape, dtype=object)
        for place in np.ndindex(self.shape):
            found[place] = _exact(self.mantissa[place], self.exponent[place])
        return found[()]

    def __repr__(self) -> str:
        text = np.array2string(self._words(), formatter={"str_kind": str}, separator=", ")
        return f"Scaled({text})"

    __str__ = __repr__

    def _words(self) -> Array:
        words = np.empty(self.shape, dtype=object)
        for place in np.ndindex(self.shape):
            words[place] = decimal(self.mantissa[place], self.exponent[place])
        return words.astype(str)

    def __format__(self, spec: str) -> str:
        """A single number with as many digits after the point as the format says, such as ``.3e``."""
        if self.shape:
            raise TypeError(f"only a single number is formatted; this has the shape {self.shape}")
        found = re.fullmatch(r"(?:\.(\d{1,4}))?e?", spec)
        if found is None:
            raise ValueError(f"a scaled number is formatted with digits after the point, such as .3e; got {spec!r}")
        digits = int(found[1] or DIGITS - 1)
        return decimal(self.mantissa[()], self.exponent[()], digits + 1)


_LN2 = math.log(2)
_LN2_HIGH = float(int(_LN2 * 2**32)) / 2**32
_LN2_LOW = 1.9082149292705877e-10  # log(2) less the part above, rounded


def _checked(mantissa: Array, exponent: Array) -> Array:
    """Exponents, that of 0 where the number is that."""
    found = np.where(mantissa == 0, _ZERO, exponent)
    if np.any((np.abs(found) >= _LIMIT) & (mantissa != 0)):
        raise CellError(
            "scaled numbers lie between 2**-(2**62) and 2**(2**62); use backend='balls' or 'mpmath' for this one"
        )
    return found


def _shift(difference: Array) -> Array:
    """How far to shift mantissas that are not the largest; far enough is far enough."""
    return np.maximum(difference, -2000).astype(np.int32)


def _parts(ball: object) -> tuple[float, int]:
    """Mantissa and exponent of the middle of a ball, rounded once."""
    try:
        middle = arb(ball).mid()
    except (TypeError, ValueError):
        raise CellError(f"Scaled.of_balls takes balls of python-flint; got {shown(ball)}") from None
    if not middle.is_finite():
        return math.nan, 0
    if middle.is_zero():
        return 0.0, _ZERO
    whole, power = map(int, middle.man_exp())
    size = abs(whole).bit_length()
    mantissa, more = math.frexp(whole / (1 << size))
    return mantissa, more + size + power


def _exact(mantissa: float, exponent: int) -> Array:
    if mantissa == 0 or not math.isfinite(mantissa):
        return mpmath.mp.convert(float(mantissa))
    return mpmath.ldexp(float(mantissa), int(exponent))


def decimal(mantissa: float, exponent: int, digits: int = DIGITS) -> str:
    """A scaled number in decimal, correctly rounded.

    Examples
    --------
    >>> decimal(0.5, -6000), decimal(-0.75, 2), decimal(0.0, 0)
    ('3.3036651e-1807', '-3.0000000', '0.0')
    """
    if mantissa == 0 or not math.isfinite(mantissa):
        return str(float(mantissa))
    with many_digits(digits + 30) as numbers:
        exact = numbers.convert(_exact(mantissa, exponent))
        return str(numbers.nstr(exact, digits, strip_zeros=False, min_fixed=-4, max_fixed=digits))


def _warn(text: str, kind: type[Warning]) -> None:
    warnings.warn(text, kind, stacklevel=3)


def _matmul(left: Scaled, right: Scaled) -> Scaled:
    row, column = left.ndim == 1, right.ndim == 1
    if not left.ndim or not right.ndim or left.shape[-1] != right.shape[0 if column else -2]:
        raise ShapeError(f"{left.shape} @ {right.shape} do not fit", "matmul", (left.shape, right.shape))
    left, right = (left[None] if row else left), (right[:, None] if column else right)
    found = (left[..., :, :, None] * right[..., None, :, :]).sum(axis=-2)
    found = found[..., 0] if column else found
    return found[(..., 0) if column else (..., 0, slice(None))] if row else found
