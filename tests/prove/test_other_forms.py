"""A verdict depends on what is said and not on how: other names, and constants that do not show what they are."""

import random
import re
import tomllib
from pathlib import Path

import pytest

import symgrad as sg

HERE = Path(__file__).parents[1]
CORPUS = [
    (entry["says"], entry.get("where", []), entry.get("true", entry.get("expect") == "holds"))
    for path in (*sorted((HERE / "claims").glob("*.toml")), HERE / "prove" / "soundness.toml")
    for entry in tomllib.loads(path.read_text(encoding="utf-8"))["claim"]
]
# Names that provers give to what they put in place of expressions, with which those of a claim must not be confused.
NAMES = ["m", "y", "y0", "norm0", "_abs_x", "x_", "_s_x", "_v0", "_e0", "r", "t", "k", "n", "z"]
ONE = ["(sqrt(3 + 2*sqrt(2)) - sqrt(2))", "(sin(1)**2 + cos(1)**2)", "((sqrt(2) + sqrt(3))*sqrt(5 - 2*sqrt(6)))"]
VARIABLES = "xyzabwtmnkuv"
WORD, WHOLE = re.compile(r"\b[A-Za-z_]\w*\b"), re.compile(r"(?<![\w.*/^(])(\d+)(?![\w.*/^!])")
AT_A_TIME = 6


def of_scalars(where):
    return not any(kind in condition for condition in where for kind in ("matrix", "vector"))


def renamed(says, where, draws):
    words = {word for text in (says, *where) for word in WORD.findall(text)}
    variables = [v for v in VARIABLES if v in words]
    table = dict(zip(variables, draws.sample([name for name in NAMES if name not in words], len(variables))))
    return [WORD.sub(lambda m: table.get(m.group(), m.group()), text) for text in (says, *where)]


def disguised(where, draws):
    """The conditions with some numbers as the same numbers times a constant that is one."""
    return [WHOLE.sub(lambda m: f"({m.group()}*{draws.choice(ONE)})", c) if "integer" not in c else c for c in where]


def understood(says, conditions):
    """The claim; none where two ends of a domain may be the same number."""
    try:
        return sg.claim(says, where=conditions)
    except sg.SymgradError as error:
        if "cannot be told" in str(error):
            return None
        raise


SCALARS = [(says, where) for says, where, _ in CORPUS if of_scalars(where)][5::53]
WITH_NUMBERS = [
    row for row in CORPUS if any(WHOLE.search(c) for c in row[1]) and not any("integer" in c for c in row[1])
][3::29]


def parts(rows):
    return [pytest.param(rows[k : k + AT_A_TIME], id=str(k)) for k in range(0, len(rows), AT_A_TIME)]


@pytest.mark.slow
@pytest.mark.parametrize("rows", parts(SCALARS))
def test_other_names_get_the_same_verdict(rows):
    draws, different = random.Random(4), []
    for says, where in rows:
        other, *conditions = renamed(says, where, draws)
        outcomes = [sg.verify(sg.claim(s, where=w)).outcome for s, w in ((says, where), (other, conditions))]
        if outcomes[0] is not outcomes[1]:
            different.append((says, other, outcomes))
    assert different == []


@pytest.mark.slow
@pytest.mark.parametrize("rows", parts(WITH_NUMBERS))
def test_constants_in_another_form_get_no_wrong_verdict(rows):
    draws, wrong = random.Random(5), []
    for says, where, is_true in rows:
        conditions = disguised(where, draws)
        asked = understood(says, conditions)
        verdict = None if asked is None else sg.verify(asked)
        if verdict is not None and verdict.holds is (not is_true):
            wrong.append((says, conditions, str(verdict)))
    assert wrong == []
