"""The functions that are continuous wherever an enclosure of them on a box is finite and real.

An intermediate value, a mean value and a zero between two signs need a function that is continuous on all of a box. Of
a function in this list that is certain once its arguments are real on the box and its enclosure there is finite and
real: it is analytic, or put together from analytic functions by maxima and absolute values, and its poles and branch
points let no finite real enclosure be. Functions that jump between values (floor, sign, atan2, …) are not here, and
what is not listed is not trusted.
"""

from __future__ import annotations

import sympy

from symgrad.balls.functions.analytic import RootOfNonnegative

CONTINUOUS: frozenset[type] = frozenset((
    sympy.Add, sympy.Mul, sympy.Pow, sympy.exp, sympy.log, sympy.Abs, sympy.Max, sympy.Min, sympy.re, sympy.conjugate,
    RootOfNonnegative,
    sympy.sin, sympy.cos, sympy.tan, sympy.cot, sympy.sec, sympy.csc, sympy.sinc,
    sympy.sinh, sympy.cosh, sympy.tanh, sympy.coth, sympy.sech, sympy.csch,
    # acot jumps at 0, acoth has a value there: both are enclosed by the reciprocal, which has none around 0
    sympy.asin, sympy.acos, sympy.atan, sympy.acot, sympy.asec, sympy.acsc,
    sympy.asinh, sympy.acosh, sympy.atanh, sympy.acoth, sympy.asech, sympy.acsch,
    sympy.erf, sympy.erfc, sympy.erfi, sympy.erfinv, sympy.erfcinv, sympy.erf2,
    sympy.gamma, sympy.factorial, sympy.loggamma, sympy.digamma, sympy.polygamma, sympy.beta, sympy.catalan,
    sympy.uppergamma, sympy.lowergamma, sympy.zeta, sympy.dirichlet_eta, sympy.polylog, sympy.LambertW,
    sympy.Ei, sympy.Si, sympy.Ci, sympy.Shi, sympy.Chi, sympy.li, sympy.Li, sympy.expint,
    sympy.fresnels, sympy.fresnelc, sympy.airyai, sympy.airybi, sympy.airyaiprime, sympy.airybiprime,
    sympy.besselj, sympy.bessely, sympy.besseli, sympy.besselk, sympy.jn, sympy.yn,
    sympy.elliptic_k, sympy.elliptic_e, sympy.elliptic_f,
    sympy.hermite, sympy.hermite_prob, sympy.legendre, sympy.chebyshevt, sympy.chebyshevu, sympy.laguerre,
    sympy.assoc_laguerre, sympy.gegenbauer, sympy.jacobi,
))  # fmt: skip
