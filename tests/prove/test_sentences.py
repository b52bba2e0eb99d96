"""What verdicts say to a reader: plain sentences, formulas that can be pasted, witnesses that can be checked."""

import re
import tomllib
from pathlib import Path

import pytest
import sympy

import symgrad as sg
from symgrad.base.errors import ClaimError, ParseError
from symgrad.language.statements import Relation, free_symbols
from symgrad.prove.basics import sentences
from symgrad.prove.places import witnesses
from symgrad.reading.text import parse

CLAIMS = Path(__file__).parents[1] / "claims"
EVERY = 14  # of the claims of each file, so many are passed over for one that is looked at
LONGEST_PIECE = 260
# Names, nodes and words that mean something to us alone.
INTERNAL = re.compile(
    r"(?<![\w)\]])_\w|Opaque|Written|<class|Dummy|\bNone\b|evaluate=|\*\*1\b|\b1 \w+s, each|Add\(|Mul\(|Pow\("
    r"|Traceback|Error\b|generators|\bzoo\b|\bnan\b|dir="
)
VERB = re.compile(
    r"\b(is|are|has|have|holds|hold|lies|agree|differ|proved|certified|depends|tends|keeps|falls|rises|were|could|say|gives|found|state|name)\b"
    r"|=|does not|spent|more than|please"
)


def sample():
    """Claims of each file of the corpus."""
    for path in sorted(CLAIMS.glob("*.toml")):
        entries = tomllib.loads(path.read_text(encoding="utf-8"))["claim"]
        yield pytest.param(entries[::EVERY], id=path.stem)


# One claim at least for each kind of sentence, so that none goes unseen where the corpus changes.
KINDS = [
    ("x**2 >= 2*x - 1", [], "the difference is a square, (x - 1)**2"),
    ("sigmoid(x) < 1", [], "the difference is 1/(exp(x) + 1), which is positive"),
    ("besselj(0, x) <= 1", [], "the difference is 1 - besselj(0, x), which is never negative"),
    ("(x - log(1 + x))*gamma(x + 1) >= 0", ["x > 0"], "where x - log(x + 1) has no critical point"),
    ("exp(-x) + 1 > 1/2", [], "the difference is (exp(x) + 2)/(2*exp(x)), which is positive"),
    ("x*y/(1 + x**2 + y**2) < 1/2", [], "is a quadratic polynomial in x that does not have two roots"),
    ("x**2*(cos(sqrt(1 - x)) - 0.54) >= 0", ["x in [0, 1]"], "where cos(sqrt(1 - x)) - 27/50 has enclosures of one"),
    ("clip(x, -3, 3)**2 <= 9", [], "split at x = -3 and x = 3 into 5 cases, each proved"),
    ("Limit(selu(x)/x, x, 0) == selu(1)", [], "Limit(selu(x)/x, x, 0) = about 1.05070098735548"),
    ("exp(x) != 0", [], "the difference is not zero anywhere on the domain"),
    ("log(x) <= x - 1", ["x > 0"], "its critical point at x = 1"),
    ("sin(x) < x", ["x > 0"], "the difference tends to 0 as x -> 0, and grows away from there"),
    ("exp(x*y) >= 1 + x*y", [], "the difference is convex in x, with its least value 0 at x = 0"),
    ("x*y + y*z + z*x <= x**2 + y**2 + z**2", [], "the difference is a quadratic polynomial in x"),
    ("cosh(1/(x**2 - 1)) > 1/2", ["x in (-1, 0) U (0, 1)"], "the difference is a function of t = 1/(x**2 - 1) alone"),
    ("log(1 + x**2 + y**2 - 2*x*y) >= 0", [], "has the sign of x**2 - 2*x*y + y**2"),
    ("cos(sqrt(1 - x)) > 0.54", ["x in [0, 1]"], "enclosures of one sign on boxes that cover the domain"),
    ("cos(pi/51) > 998/1000", [], "the difference is a positive number, 0.000103"),
    ("x <= y", ["x <= y"], "the difference is not negative because x <= y"),
    ("tanh(x) == 2*sigmoid(2*x) - 1", [], "both sides have the same normal form in x and exp(x)"),
    ("sqrt(3 + 2*sqrt(2)) == 1 + sqrt(2)", [], "both sides are the same number"),
    ("asin(x) == -I*log(sqrt(1-x**2) + I*x)", ["x in (-1, 1)"], "both sides have the same derivative in x"),
    ("asin(tanh(x)) == atan(sinh(x))", [], "atan(sinh(x)) lies in the range of asin"),
    ("relu(x) == (x + Abs(x))/2", [], "split at x = 0 into 3 cases, each proved"),
    ("Abs(sigmoid(x) - sigmoid(y)) <= Abs(x - y)/4", [], "split by the sign of x - y into 3 cases, each proved"),
    ("0 < sigmoid(x) < 1", [], "2 relations, each proved"),
    ("sqrt(x*y) <= (x + y)/2", ["x >= 0", "y >= 0"], "3 inequalities, each proved"),
    ("diff(sigmoid(sigmoid(x)), x) < 1/16", [], "the bound holds for all sigmoid(x) in (0, 1)"),
    ("Sum(k, (k, 1, T)) == T*(T + 1)/2", ["T integer", "T >= 1"], "it holds at T = 1, and if at T then at T + 1"),
    ("Integral(exp(-x**2), (x, -oo, oo)) == sqrt(pi)", [], "by the antiderivative sqrt(pi)*erf(x)/2"),
    ("Integral(1/x, (x, 0, 1)) == 1", [], ""),
    ("Sum(2**(-n), (n, 0, oo)) == 2", [], "by the geometric series"),
    ("maximum(x*exp(-x), x) == exp(-1)", [], "the value is attained at x = 1"),
    ("supremum(sigmoid(x), x) == 1", [], "the value is approached as x -> oo"),
    ("maximum(atan(x), x) == pi/2", [], "the value pi/2 is never attained"),
    ("infimum(exp(-x) + 0.001, x) == 0", [], "the value 0 is missed by at least"),
    ("0 < sigmoid(x) < 1/2", [], "sigmoid(x) < 1/2 does not hold"),
    ("re(z*w) == re(z)*re(w) - im(z)*im(w)", ["z complex", "w complex"], "in the place of w"),
    ("n**2 >= n", ["n integer", "n in [1, 3]"], "3 points, each proved"),
    ("acot(x - cos(x)) != 0", [], "both sides differ at 40 points; no proof found"),
    ("sin(sin(x)) + x**2 > -9/10", [], ""),
    ("norm(A @ B) <= norm(A)*norm(B)", ["A matrix (n, n)", "B matrix (n, n)"], "the norm of a product is at most"),
    ("norm(A) <= spectral_radius(A)", ["A matrix (n, n)"], ""),
]  # fmt: skip


def words_of(verdict, says=None):
    """Everything that is wrong with the words of a verdict."""
    pieces = [piece for piece in verdict.evidence.split("; ") if piece]
    yield from (("internal", piece) for piece in pieces if INTERNAL.search(piece))
    yield from (("long", piece) for piece in pieces if len(piece) > LONGEST_PIECE)
    yield from (("no sentence", piece) for piece in pieces if not VERB.search(piece))
    yield from (("brackets", piece) for piece in pieces if not _in_balance(piece))
    is_certified = verdict.outcome is sg.Outcome.CERTIFIED
    yield from (("not how", piece) for piece in pieces if is_certified and "known sign" in piece)
    yield from (("twice", piece) for piece in pieces if _names_twice(piece))
    is_equality = not isinstance(says, Relation) or says.op == "=="
    yield from (("agree", piece) for piece in pieces if "agree" in piece and not is_equality)


def _names_twice(piece):
    """Whether one name stands twice in the list of what a normal form is written in."""
    _, _, listed = piece.partition("the same normal form in ")
    names = re.split(r", (?![^(]*\))| and ", listed)
    return len(names) > len(set(names))


def _in_balance(piece):
    return piece.count("(") + piece.count("[") == piece.count(")") + piece.count("]")


def witness_of(verdict, claim):
    """Everything that is wrong with a witness."""
    witness = verdict.witness
    if witness is None:
        return
    missing = {s.name for e in claim.statement.expressions for s in free_symbols(e)} - set(witness.point)
    if missing:
        yield ("missing", sorted(missing))
    texts = [
        *(text for text in witness.point.values() if not text.startswith("[")),
        *(t for t in (witness.left, witness.right) if t not in ("undefined", "not known")),
    ]
    yield from (("not read", text) for text in texts if not _is_read(text))
    if isinstance(claim.statement, Relation) and not _contradicts(witness, claim.statement.op):
        yield ("no contradiction", str(witness))


DIGITS = re.compile(r"-?\d+(\.\d+)?(e[+-]\d+)?")


def _read(text):
    return sympy.Float(text, 2000) if DIGITS.fullmatch(text) else sympy.N(parse(text), 2000)


def _is_read(text):
    try:
        return _read(text) is not None
    except (ParseError, ClaimError):
        return False


def _contradicts(witness, op):
    if "undefined" in (witness.left, witness.right):
        return True
    left, right = map(_read, (witness.left, witness.right))
    if not (left.is_real and right.is_real):
        return left != right or op != "=="
    holds = {"==": left == right, "!=": left != right, "<": left < right, "<=": left <= right,
             ">": left > right, ">=": left >= right}  # fmt: skip
    return not holds[op]


def wrong_with(says, where=()):
    claim = sg.claim(says, where=where)
    verdict = sg.verify(claim)
    return verdict, [*words_of(verdict, claim.statement), *witness_of(verdict, claim)]


@pytest.mark.one_in(3)
@pytest.mark.parametrize("entries", [*sample()])
def test_what_is_said_of_the_corpus_can_be_read_and_checked(entries):
    found = {e["says"]: wrong_with(e["says"], e.get("where", ()))[1] for e in entries}
    assert {says: wrong for says, wrong in found.items() if wrong} == {}


@pytest.mark.one_in(3)
@pytest.mark.parametrize(("says", "where", "said"), KINDS)
def test_each_kind_of_sentence_is_plain(says, where, said):
    verdict, wrong = wrong_with(says, where)
    assert wrong == []
    assert said in verdict.evidence


WITNESSES = [
    ("x/x == 1", [], {"x": "0"}, "undefined", "1"),
    ("1 == x/x", [], {"x": "0"}, "1", "undefined"),
    ("x*y/x == y", ["y in [2, 2]"], {"x": "0", "y": "2"}, "undefined", "2"),
    ("tan(x) == sin(x)/cos(x)", ["x in [0, 2]"], {"x": "pi/2"}, "undefined", "undefined"),
    ("1/tan(x) == cot(x)", ["x in (0, pi/2]"], {"x": "pi/2"}, "undefined", "0"),
    ("1/(x - cos(x)) != 0", [], {"x": "0.739085133215161"}, "undefined", "0"),
    ("Limit(1/x, x, 0) == 1", [], {}, "undefined", "1"),
    ("diff(Abs(x), x) == sign(x)", [], {"x": "0"}, "undefined", "0"),
    ("diff(relu(x), x) <= 1/2", [], {"x": "0"}, "undefined", "1/2"),
    ("(k - n - 777)/(k - n - 777) == 1", ["k integer", "n integer"], None, "undefined", "1"),
    ("sin(x) < 1", [], {"x": "pi/2"}, "1", "1"),
    ("sin(x) + cos(x) < sqrt(2)", [], {"x": "pi/4"}, "sqrt(2)", "sqrt(2)"),
    ("log(-x) == log(x) + I*pi", ["x in (-2, 0)"], {"x": "-1"}, "0", "6.28318530717959*I"),
    ("0.1 + 0.2 == 0.30000000000000001", [], {}, "3/10", "0.30000000000000001"),
    ("exp(z)/(1 + exp(z)) == 1/(1 + exp(-z))", ["z complex"], {"z": "I*pi"}, "undefined", "undefined"),
    ("Sum(w**k, (k, 0, T)) == (w**(T + 1) - 1)/(w - 1)", ["T integer", "T >= 0"], {"T": "0", "w": "1"}, "1",
     "undefined"),
    ("diff(floor(x), x) == 0", [], {"x": "0"}, "undefined", "0"),
    ("cosh(x)**2 - sinh(x)**2 < 1", [], {"x": "0"}, "1", "1"),
    ("z*conjugate(z) == z**2", ["z complex"], {"z": "I"}, "1", "-1"),
    ("exp(pi*sqrt(67)) == 147197952744", [], {}, "147197952743.999998662454224507", "147197952744"),
    ("1/(x**5 - x - 1) == 1/(x**5 - x - 1)", [], {"x": "1.16730397826142"}, "undefined", "undefined"),
]  # fmt: skip


@pytest.mark.parametrize(("says", "where", "point", "left", "right"), WITNESSES)
def test_a_witness_shows_what_differs_and_names_only_what_is_missing(says, where, point, left, right):
    verdict, wrong = wrong_with(says, where)
    assert verdict.holds is False
    assert wrong == []
    assert (verdict.witness.left, verdict.witness.right) == (left, right)
    assert point in (None, dict(verdict.witness.point))


ROUNDED = [
    "0.1 + 0.2 == 0.30000000000000001",
    "pi == 3.14159265358979323",
    "x*pi == x*3.14159265358979323846",
    "exp(1) > 2.718281828459045236",
    "log(2)*x**2 <= 0.693147180559945309*x**2",
    "maximum(diff(sigmoid(x), x), x) == 0.25000000000000001",
    "maximum(diff(sigmoid(x), x), x) == 0.2499999999999999999",
    "minimum(x**2 - pi, x) == -3.1415926535897932385",
]
NOT_ROUNDED = [
    "pi == 3.14159265",
    "exp(x) == x",
    "sin(x) < 1",
    "x != 0",
    "0.1 + 0.2 == 0.3 + 10**(-15)",
    "maximum(sigmoid(x), x) == 1",
    "maximum(diff(sigmoid(x), x), x) == 0.2500001",
]


@pytest.mark.parametrize("says", ROUNDED + NOT_ROUNDED)
def test_a_claim_that_fails_by_a_rounded_constant_is_told_so(says):
    verdict = sg.verify(says)
    assert verdict.holds is False
    assert ("as if a constant were rounded" in verdict.evidence) is (says in ROUNDED)


def test_sides_that_differ_by_little_only_at_one_end_hold_no_rounded_constant():
    verdict = sg.verify(sg.claim("sin(x) == x - x**3/6", where=["x in (0, 1/1000)"]))
    assert verdict.holds is False
    assert re.fullmatch(r"the left side less the right one is \d\.\d+e-\d+", verdict.evidence)


PARTS_OF_CASES = [
    ("acot(x - cos(x)) != 0", True),
    ("celu(1, x) == 1", True),  # 1 is positive, so that the parameter does not count
    ("Piecewise((1/(x - cos(x)), Ne(x - cos(x), 0)), (5, True)) != 0", True),
    ("Piecewise((1/(x - cos(x)), x > 0), (5, True)) != 0", False),
    ("1/(x - cos(x)) != 0", False),
]


@pytest.mark.parametrize(("says", "is_true"), PARTS_OF_CASES)
def test_a_case_that_does_not_apply_needs_no_value(says, is_true):
    assert sg.verify(says).holds is not (not is_true)


def test_formulas_are_shown_only_where_a_reader_knows_the_names():
    x, dummy = sympy.Symbol("x", real=True), sympy.Dummy("t")
    assert sentences.shown(x**2 + dummy) == "t + x**2"
    assert sentences.shown(sympy.Symbol("_abs_x") + x) is None
    assert sentences.shown(sympy.Mul(*[x + k for k in range(99)])) is None
    assert sentences.counted(1, "inequality") == "1 inequality"


def test_stand_ins_of_one_name_are_named_once():
    stand_ins = [sympy.Dummy("d", real=True), sympy.Dummy("d", real=True), sympy.Symbol("r", real=True)]
    assert sentences.same_normal_form(stand_ins) == "both sides have the same normal form in d and r"


@pytest.mark.parametrize(
    "says", ["1 == 1 + 10**(-40)", "x == x + 10**(-30)", "sin(x)**2 + cos(x)**2 < 1 + 10**(-50) - 2*10**(-50)"]
)
def test_a_witness_shows_that_the_sides_differ(says):
    verdict = sg.verify(says)
    assert witnesses.read(verdict.witness.left) != witnesses.read(verdict.witness.right)
    assert max(len(verdict.witness.left), len(verdict.witness.right)) < 40
