"""What witnesses show, as numbers."""

from fractions import Fraction

import numpy as np


def numbers(text):
    """A number, or nested lists of numbers, as a witness lists them."""
    if not text.startswith("["):
        return float(Fraction(text))
    inside, depth, parts = text[1:-1], 0, [""]
    for letter in inside:
        depth += (letter == "[") - (letter == "]")
        parts = [*parts, ""] if letter == "," and not depth else [*parts[:-1], parts[-1] + letter]
    return np.array([numbers(part.strip()) for part in parts])


def radius(matrix):
    return max(abs(np.linalg.eigvals(matrix)))


def norm(matrix):
    return np.linalg.norm(np.atleast_2d(matrix), 2)
