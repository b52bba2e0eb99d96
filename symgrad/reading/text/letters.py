"""Letters and signs of text: which letters names are made of, what other signs stand for, what is told from what.

Python reads names after a normalisation, by which ``Ⅰ`` is ``I`` and ``ℯ`` is ``e``; and a Cyrillic ``х`` is
another letter than ``x`` that looks the same. So names are made of letters that are listed here, and any other is
refused by its name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

_LATIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
# Latin letters with marks, as people's names and other languages have them, but for those that look like others.
_MARKED = frozenset(c for c in map(chr, range(0xC0, 0x180)) if unicodedata.normalize("NFKC", c) == c) - set("×÷ÐĐĸı")
# No omicron, and only those capitals that are not drawn as Latin ones.
GREEK = frozenset("αβγδεζηθικλμνξπρςστυφχψωΓΔΘΛΞΠΣΦΨΩ")
_SUBSCRIPTS: Mapping[str, str] = {
    **{chr(0x2080 + digit): str(digit) for digit in range(10)},
    **dict(zip("ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", "aehijklmnoprstuvx")),
}
NAME_LETTERS = _LATIN | _MARKED | GREEK | frozenset("0123456789_") | frozenset(_SUBSCRIPTS)

# Exponents, and how they are written on the line.
SUPERSCRIPTS: Mapping[str, str] = {**dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")), "⁺": "+", "⁻": "-", "ⁿ": "n"}
FRACTIONS: Mapping[str, str] = {
    c: unicodedata.normalize("NFKC", c).replace("\N{FRACTION SLASH}", "/") for c in "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"
}
ROOT = "√"
# Signs of mathematics, with what they are on the line.
SIGNS: Mapping[str, str] = {
    "≤": "<=",
    "⩽": "<=",
    "≦": "<=",
    "≥": ">=",
    "⩾": ">=",
    "≧": ">=",
    "≠": "!=",
    "−": "-",
    "·": "*",
    "⋅": "*",
    "×": "*",
    "∗": "*",
    "÷": "/",
    "∕": "/",
    "∧": "&",
    "∨": "|",
    "¬": "~",
}
# Single letters that are constants; those of mathematics, not of other alphabets.
CONSTANTS: Mapping[str, str] = {"π": "pi", "∞": "oo"}
# Greek letters that are functions where they are called.
FUNCTIONS: Mapping[str, str] = {"σ": "sigmoid", "Γ": "gamma", "ζ": "zeta"}

# Letters that are drawn like others, or stand for something, with what is meant.
_MEANT: Mapping[str, str] = {
    **dict(zip("аеіјкорсѕухһԁԛԝАВЕКМНОРСТУХЅІЈҮԌ", "aeijkopcsyxhdqwABEKMHOPCTYXSIJYG")),
    **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABEZHIKMNOPTYXo")),
    **dict(zip("ГЛПФф", "ΓΛΠΦφ")),
    **dict(zip("ɑɡıĸÐĐʋ", "agiκDDv")),
    "ℯ": "E for Euler's number, e for a variable",
    "ⅇ": "E for Euler's number, e for a variable",
    "ⅈ": "I for the imaginary unit, i for a variable",
    "ⅉ": "I for the imaginary unit, j for a variable",
    "ℑ": "im(z)",
    "ℜ": "re(z)",
    "ℝ": "x real, or x in (-oo, oo), as a condition",
    "ℤ": "n integer, as a condition",
    "ℂ": "z complex, as a condition",
    "∑": "Sum(f, (k, a, b))",
    "∏": "Product(f, (k, a, b))",
    "∫": "Integral(f, (x, a, b))",
    "∂": "diff(f, x)",
    "′": "diff(f, x)",
    "″": "diff(f, x, 2)",
    "∛": "cbrt(x), or real_root(x, 3)",
    "∜": "root(x, 4)",
    "ᵀ": "W.T, in a formula of matrices",
    "‖": "Abs(x)",
    "∣": "Abs(x) for the absolute value, | for conditions",
    "–": "-",
    "—": "-",
    "‐": "-",
    "‑": "-",
    "⁄": "/",
    "∙": "*",
    "•": "*",
    "＝": "==",
    "≡": "==",
    "≔": "==",
    "⊙": "hadamard(u, v), in a formula of vectors",
    "∈": "x in [0, 1], as a condition",
}


def named(letter: str) -> str:
    """A letter or sign with its name, and what to write instead if that can be guessed.

    Examples
    --------
    >>> print(named("Ⅰ"))
    'Ⅰ' is ROMAN NUMERAL ONE; write I
    >>> print(named("ж"))
    'ж' is CYRILLIC SMALL LETTER ZHE
    """
    name = unicodedata.name(letter, "") or f"the sign U+{ord(letter):04X}"
    meant = _MEANT.get(letter) or _plain(letter)
    shown = ascii(letter) if unicodedata.combining(letter) else repr(letter)
    return f"{shown} is {name}{f'; write {meant}' if meant else ''}"


def _plain(letter: str) -> str:
    """What a styled letter, a ligature or a numeral is made of, if names are made of that."""
    plain = unicodedata.normalize("NFKC", letter)
    if plain in CONSTANTS:
        return CONSTANTS[plain]
    if plain != letter and all(c in NAME_LETTERS for c in plain):
        return plain
    return _MEANT.get(plain, plain) if plain != letter and (plain in _MEANT or plain.isascii()) else ""


def names_in(text: str) -> set[str]:
    """The names in a text, those of functions among them, whether or not it is a formula.

    Examples
    --------
    >>> sorted(names_in("0*x₁ + sin(y)"))
    ['sin', 'x_1', 'y']
    """
    return {on_the_line(word) for word in re.findall(r"[^\W\d]\w*", text)}


def on_the_line(name: str) -> str:
    """A name whose subscripts are written behind an underscore.

    Examples
    --------
    >>> on_the_line("h₁"), on_the_line("w_1"), on_the_line("xₜ")
    ('h_1', 'w_1', 'x_t')
    """
    stem = name.rstrip("".join(_SUBSCRIPTS))
    below = "".join(_SUBSCRIPTS[c] for c in name[len(stem) :])
    return f"{stem}_{below}" if below and not stem.endswith("_") else stem + below
