"""Words of other systems and of mathematics, and how each is written here: for hints in refusals only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

# How the words that are no functions of numbers are written; a hint that names one shows its form.
FORMS: Mapping[str, str] = {
    "Limit": "Limit(f, x, a)",
    "Integral": "Integral(f, (x, a, b))",
    "Sum": "Sum(f, (k, a, b))",
    "Product": "Product(f, (k, a, b))",
    "diff": "diff(f, x)",
    "Piecewise": "Piecewise((a, x < 0), (b, True))",
    "Rational": "Rational(p, q)",
    "root": "root(x, n)",
    "real_root": "real_root(x, n)",
    "supremum": "supremum(f, x) == c",
    "infimum": "infimum(f, x) == c",
    "maximum": "maximum(f, x) == c",
    "minimum": "minimum(f, x) == c",
    "Max": "Max(a, b) for the largest of several values, maximum(f, x) == c for that of a function",
    "Min": "Min(a, b) for the smallest of several values, minimum(f, x) == c for that of a function",
    "polygamma": "polygamma(n, x)",
}

# Ours, and what others call it; a word is found in lower case as well.
_CALLED: Mapping[str, str] = {
    "Limit": "lim limit liminf limsup",
    "Integral": "int integral integrate nintegrate defint quad",
    "Sum": "sum summation nsum",
    "Product": "prod product nproduct",
    "diff": "derivative deriv differentiate D grad gradient jacobian pdiff partial",
    "Piecewise": "cases ifelse iif if_then_else where which",
    "Rational": "fraction ratio",
    "root": "nthroot",
    "real_root": "surd",
    "supremum": "sup",
    "maximum": "maximize maximise maxvalue",
    "minimum": "minimize minimise minvalue",
    "Max": "max fmax amax largest",
    "Min": "min fmin amin smallest",
    "Abs": "abs fabs absolute modulus magnitude",
    "Mod": "mod fmod rem remainder modulo",
    "sign": "sgn signum",
    "ceiling": "ceil roof",
    "frac": "fract fractional_part fractionalpart",
    "re": "real real_part realpart",
    "im": "imag imag_part imaginary imagpart",
    "arg": "angle phase",
    "conjugate": "conj bar",
    "log": "ln log_e logn",
    "log2": "lb ld",
    "log10": "lg",
    "sqrt": "sqroot squareroot",
    "cbrt": "cuberoot",
    "square": "sqr sq",
    "tan": "tg",
    "cot": "ctg cotan",
    "csc": "cosec",
    "asin": "arcsin arsin",
    "acos": "arccos arcos",
    "atan": "arctg artan",
    "acot": "arccot arcctg",
    "asec": "arcsec",
    "acsc": "arccsc arccosec",
    "atan2": "arctan2",
    "sinh": "sh",
    "cosh": "ch",
    "tanh": "th tgh",
    "coth": "cth",
    "asinh": "arcsinh arsinh argsinh",
    "acosh": "arccosh arcosh argcosh",
    "atanh": "arctanh artanh argtanh",
    "acoth": "arccoth arcoth",
    "asech": "arcsech arsech",
    "acsch": "arccsch arcsch",
    "Heaviside": "heaviside step unitstep heavisidetheta",
    "DiracDelta": "dirac diracdelta",
    "factorial": "fact",
    "binomial": "comb choose ncr nchoosek",
    "RisingFactorial": "rf poch pochhammer",
    "FallingFactorial": "ff",
    "expit": "logistic",
    "logsigmoid": "log_expit log_sigmoid",
    "lgamma": "gammaln lngamma",
    "betaln": "lbeta",
    "polygamma": "psi",
    "Ei": "expi expintegralei",
    "Si": "sinintegral",
    "Ci": "cosintegral",
    "li": "logintegral",
    "expint": "expn expintegrale",
    "erf": "errorfunction",
    "polylog": "dilog spence li2 polylogarithm",
    "LambertW": "lambert productlog",
    "zeta": "riemannzeta hurwitzzeta",
    "harmonic": "harmonicnumber",
    "besselj": "jv",
    "bessely": "yv",
    "besseli": "iv",
    "besselk": "kv",
    "airyai": "ai",
    "airybi": "bi",
    "jacobi_sn": "sn ellipj ellipfun",
    "jacobi_cn": "cn",
    "jacobi_dn": "dn",
    "elliptic_k": "ellipk",
    "elliptic_e": "ellipe",
    "elliptic_f": "ellipf ellipkinc",
    "hyp2f1": "hypergeometric2f1",
    "hyp1f1": "hypergeometric1f1 kummerm",
    "deg2rad": "radians",
    "rad2deg": "degrees",
}
# What has no word of its own here, and how it is written instead.
_WRITTEN: Mapping[str, str] = {
    "pow power": "a**b",
    "cube": "x**3",
    "argmax": "maximum(f, x, x0) == c, which says that it is attained at x0",
    "argmin": "minimum(f, x, x0) == c, which says that it is attained at x0",
    "subs replace": "the formula with the value in its place",
    "round": "floor(x + 1/2), which rounds halves up",
    "trunc fix": "sign(x)*floor(Abs(x))",
    "matrix array": "a name, with a condition such as A matrix (n, m)",
    "det": "the entries; determinants are not known",
    "hyper hypergeom hypergeometricpfq hyperpfq pfq": (
        "hyp0f1(b, z), hyp1f1(a, b, z), hyp2f1(a, b, c, z) and their like, with the parameters in a row"
    ),
    "meijerg": "the function as a hypergeometric one, hyp1f1(a, b, z), hyp2f1(a, b, c, z); Meijer's G is not known",
    "solve solveset dsolve": "what is claimed of the solution, as a relation",
    "simplify expand factor": "a claim that both forms are equal, as in (x + 1)**2 == x**2 + 2*x + 1",
    "element contains": "x in (0, 1) as a condition on the domain",
    "forall exists implies": "the conditions on the domain apart from the formula",
}
# Of these an argument is a list, is refused before the whole is read.
TAKING_LISTS = frozenset(
    ("hyper", "hypergeom", "HypergeometricPFQ", "hyperpfq", "meijerg", "MeijerG", "Matrix", "array")
)


def _words(table: Mapping[str, str], *, by_key: bool) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        yield from ((word, value) if by_key else (word, key) for word in (key if by_key else value).split())


_NAMES = dict(_words(_CALLED, by_key=False))
_INSTEAD = dict(_words(_WRITTEN, by_key=True))


def named_here(word: str) -> str:
    """What a word of others is called here, if it has a name; a single letter is no other letter.

    Examples
    --------
    >>> named_here("arcsin"), named_here("ArcSin"), named_here("tanh")
    ('asin', 'asin', '')
    """
    return _NAMES.get(word) or (_NAMES.get(word.lower(), "") if len(word) > 1 else "")


def written_here(word: str) -> str:
    """How a word is written here that has no name, if that is known.

    Examples
    --------
    >>> written_here("pow")
    'a**b'
    """
    return _INSTEAD.get(word.lower(), "")
