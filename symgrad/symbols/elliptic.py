"""Jacobi's elliptic functions sn, cn and dn of an argument u and a parameter m, the square of the modulus.

SymPy has none. They are real and without poles for real u and m, of period 4 K(m) in u where m < 1.

References
----------
NIST Digital Library of Mathematical Functions, chapter 22, where the modulus k is used: m = k**2.
"""

from __future__ import annotations

from typing import ClassVar

import sympy
from sympy import Expr, S
from sympy.core.function import ArgumentIndexError, DefinedFunction
from sympy.printing.printer import Printer

from symgrad.base.precision import many_bits


class JacobiFunction(DefinedFunction):  # type: ignore[misc]
    """One of the three: it knows its slope in u and itself at m = 0 and m = 1, and evaluates to any precision."""

    nargs = (2,)
    letters: ClassVar[str]
    is_odd_in_u: ClassVar[bool] = False

    @classmethod
    def circular(cls, u: Expr) -> Expr:
        """The function at m = 0."""
        raise NotImplementedError

    @classmethod
    def hyperbolic(cls, u: Expr) -> Expr:
        """The function at m = 1."""
        return sympy.sech(u)

    @classmethod
    def eval(cls, u: Expr, m: Expr) -> Expr | None:
        if S.NaN in (u, m):
            return S.NaN
        if m == 0:
            return cls.circular(u)
        if m is S.One:
            return cls.hyperbolic(u)
        return cls.circular(S.Zero) if u == 0 else None

    def _slope(self, u: Expr, m: Expr) -> Expr:
        raise NotImplementedError

    def fdiff(self, argindex: int = 1) -> Expr:
        if argindex != 1:
            raise ArgumentIndexError(self, argindex)
        return self._slope(*self.args)

    def _eval_is_extended_real(self) -> bool | None:
        return True if all(a.is_real for a in self.args) else None

    def _eval_is_finite(self) -> bool | None:
        return True if all(a.is_real for a in self.args) else None

    def _eval_conjugate(self) -> Expr:
        return self.func(*(a.conjugate() for a in self.args))

    def _eval_evalf(self, prec: int) -> Expr | None:
        values = [a._to_mpmath(prec) if a.is_number else None for a in self.args]
        if None in values:
            return None
        with many_bits(prec) as numbers:
            return Expr._from_mpmath(numbers.ellipfun(self.letters, *map(numbers.convert, values)), prec)

    def _latex(self, printer: Printer, exp: str | None = None) -> str:
        power = f"^{{{exp}}}" if exp is not None else ""
        u, m = map(printer._print, self.args)
        return rf"\operatorname{{{self.letters}}}{power}\left({u} \middle| {m}\right)"


class jacobi_sn(JacobiFunction):
    """sn(u | m), the sine of the amplitude: odd in u, with sn' = cn dn."""

    letters = "sn"
    is_odd_in_u = True

    @classmethod
    def circular(cls, u: Expr) -> Expr:
        """sn(u | 0) = sin(u)."""
        return sympy.sin(u)

    @classmethod
    def hyperbolic(cls, u: Expr) -> Expr:
        """sn(u | 1) = tanh(u)."""
        return sympy.tanh(u)

    def _slope(self, u: Expr, m: Expr) -> Expr:
        return jacobi_cn(u, m) * jacobi_dn(u, m)


class jacobi_cn(JacobiFunction):
    """cn(u | m), the cosine of the amplitude: even in u, with cn' = -sn dn."""

    letters = "cn"

    @classmethod
    def circular(cls, u: Expr) -> Expr:
        """cn(u | 0) = cos(u)."""
        return sympy.cos(u)

    def _slope(self, u: Expr, m: Expr) -> Expr:
        return -jacobi_sn(u, m) * jacobi_dn(u, m)


class jacobi_dn(JacobiFunction):
    """dn(u | m), the slope of the amplitude: even in u, with dn' = -m sn cn."""

    letters = "dn"

    @classmethod
    def circular(cls, u: Expr) -> Expr:
        """dn(u | 0) = 1."""
        return S.One

    def _slope(self, u: Expr, m: Expr) -> Expr:
        return -m * jacobi_sn(u, m) * jacobi_cn(u, m)

    def _eval_is_positive(self) -> bool | None:
        u, m = self.args
        return True if u.is_real and m.is_real and (1 - m).is_positive else None


JACOBI = (jacobi_sn, jacobi_cn, jacobi_dn)
