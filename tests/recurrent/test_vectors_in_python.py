"""What Python writes of vectors that SymPy has no meaning for is refused in one line that says what to write."""

import pytest
import sympy

import symgrad as sg
from symgrad.claims.derivations import load_derivation

n = sg.dims("n")[0]
h, s, x = sg.State("h", n), sg.State("s"), sg.real("x")

REFUSED = {
    "the absolute value": (lambda: abs(h), r"elementwise\(sympy.Abs, h\[t\]\)"),
    "a scalar and a vector": (lambda: s > h, "compares a vector"),
    "a vector and a scalar": (lambda: h >= s, "compares a vector"),
    "a vector and a number": (lambda: h < 0, "compares a vector"),
    "a number and a vector": (lambda: h >= 0, "compares a vector"),
    "two vectors": (lambda: h < h.prev, "compares a vector"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_in_one_line(name):
    write, message = REFUSED[name]
    with pytest.raises(sg.CellError, match=message) as told:
        write()
    assert "\n" not in str(told.value)


def test_scalars_are_compared():
    assert (s > x) == sympy.StrictGreaterThan(s, x)
    assert (s <= 1) == sympy.LessThan(s, 1)


def test_the_form_that_is_named_works():
    cell = sg.Cell({h: sg.elementwise(sympy.Abs, h.prev) + sg.ones(n) - sg.hadamard(h.prev, h.prev)})
    assert cell.states == (h,)


def test_a_number_beside_a_product_is_told_in_a_derivation_with_what_to_write(tmp_path):
    path = tmp_path / "product.py"
    path.write_text("import symgrad as sg\na = sg.Parameter('a', 2)\nderivation = 1 - sg.hadamard(a, a)\n")
    with pytest.raises(sg.SymgradError, match=r"product.py:3.*as in ones\(n\) - hadamard\(v, v\)"):
        load_derivation(path)
