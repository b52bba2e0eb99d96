"""Numbers that are given and given back: types of NumPy, what is computed in, and results in float32."""

import pickle
import warnings
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy

import symgrad as sg

h, w, x = sg.State("h"), sg.Parameter("w"), sg.Input("x")
GRAD = sg.bptt(sg.Cell({h: sg.tanh(w * h.prev + x)}), sg.half_squared_error(h), at="every")
(n,) = sg.dims("n")
v, W, u = sg.State("v", n), sg.Parameter("W", n, n), sg.Input("u", n)
VECTORS = sg.bptt(sg.Cell({v: sg.tanh(W @ v.prev + u)}), sg.half_squared_error(v), at="mean")
POINT = {"w": 0.3, "x": [1.0, 0.25, -1.0], "target": [0.1, 0.2, 0.3], "h0": 0.7}
GENERATOR = np.random.default_rng(0)
VECTOR_POINT = {
    "W": GENERATOR.standard_normal((3, 3)),
    "u": GENERATOR.standard_normal((5, 3)),
    "target": GENERATOR.standard_normal((5, 3)),
    "v0": GENERATOR.standard_normal(3),
}
BACKENDS = ("numpy", "compiled")
SHRINKING = sg.bptt(sg.Cell({h: w * h.prev}), h)


def all_of(output):
    return {"loss": output.loss, **output.gradients, **{f"state {name}": a for name, a in output.states.items()}}


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("options", [{}, {"checkpoint": True}])
@pytest.mark.parametrize("lead", [(), (2,)])
@pytest.mark.parametrize(("grad", "point"), [(GRAD, POINT), (VECTORS, VECTOR_POINT)], ids=["scalars", "vectors"])
def test_results_in_float32_are_the_doubles_rounded_once(grad, point, lead, options, backend):
    given = {name: np.broadcast_to(np.asarray(a, dtype=np.float32), (*lead, *np.shape(a))) for name, a in point.items()}
    doubles, run = grad.compile(backend=backend, **options), grad.compile(backend=backend, dtype="float32", **options)
    for _ in range(2):  # the second call of machine code goes by what the first has prepared
        expected, found = all_of(doubles(**given)), all_of(run(**given))
        assert expected.keys() == found.keys()
        for name, array in found.items():
            assert array.dtype == np.float32, name
            assert np.array_equal(array, np.asarray(expected[name]).astype(np.float32)), name
            assert np.asarray(expected[name]).dtype == np.float64, name


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_float32_cannot_hold_is_told_and_an_exact_zero_is_not(backend):
    run = SHRINKING.compile({sg.LENGTH: 100}, backend, dtype=np.float32)
    with pytest.warns(sg.UnderflowWarning, match=r"the gradient of w.*below the range of float32"):
        assert run(w=0.25, h0=1.0).gradients["h0"] == 0  # 1e-60 is a double
    few = SHRINKING.compile({sg.LENGTH: 60}, backend, dtype="float32")
    assert few(w=0.25, h0=1.0).gradients["h0"] == np.float32(0.25**60)
    relu = sg.bptt(sg.Cell({h: sg.relu(w * h.prev)}), h).compile({sg.LENGTH: 10}, backend, dtype="float32")
    assert relu(w=1.0, h0=-1.0).gradients["h0"] == 0
    with pytest.raises(sg.CellError, match="is beyond the range of float32; use dtype='float64'"):
        run(w=4.0, h0=1.0)


def test_a_subnormal_number_of_float32_has_lost_digits_and_is_told():
    run = SHRINKING.compile({sg.LENGTH: 1}, dtype="float32")
    with pytest.warns(sg.UnderflowWarning, match="float32"):
        assert run(w=1e-40, h0=1.0).loss > 0


@pytest.mark.parametrize("backend", BACKENDS)
def test_values_of_formulas_in_float32(backend):
    a = sg.real("a")
    run = sg.compile(sympy.exp(a), backend=backend, dtype="float32")
    assert run(a=[0.5, 1.0]).dtype == np.float32
    assert np.array_equal(run(a=[0.5, 1.0]), np.exp([0.5, 1.0]).astype(np.float32))
    with pytest.warns(sg.UnderflowWarning, match="the value: below the range of float32"):
        assert run(a=-200.0) == 0
    with pytest.warns(RuntimeWarning, match="beyond the range of float32"):
        assert np.isinf(run(a=100.0))
    left, right = sg.compile(sg.claim(sympy.exp(a), ">=", 1 + a), dtype="float32")(a=0.5)
    assert (left.dtype, right.dtype) == (np.float32, np.float32)


@pytest.mark.parametrize("options", [{"backend": "mpmath"}, {"backend": "balls"}, {"scaled": True}])
def test_float32_is_refused_where_numbers_are_no_doubles(options):
    with pytest.raises(sg.CellError, match="dtype='float32' is for the backends numpy and compiled, without scaled"):
        GRAD.compile(dtype="float32", **options)
    with pytest.raises(sg.CellError, match="dtype='float32' is for"):
        sg.compile(sg.real("a"), dtype="float32", **options)


@pytest.mark.parametrize("dtype", ["float16", np.longdouble, "complex64", int, "f99", None, "double precision"])
def test_other_types_of_results_are_refused(dtype):
    if np.dtype(np.longdouble).itemsize == 8 and dtype is np.longdouble:
        pytest.skip("a long double is a double here")
    with pytest.raises(sg.CellError, match="dtype is one of float64, float32; got"):
        GRAD.compile(dtype=dtype)


def test_names_of_types_are_those_of_numpy_and_go_to_other_processes():
    for dtype in ("float32", np.float32, np.dtype("f4"), "f4"):
        run = pickle.loads(pickle.dumps(GRAD.compile(dtype=dtype)))
        assert run.dtype == "float32"
        assert run(**POINT).loss.dtype == np.float32
    assert GRAD.compile(dtype=float).dtype == GRAD.compile().dtype == "float64"


def test_crosscheck_looks_at_doubles():
    assert sg.crosscheck(GRAD.compile(dtype="float32"), POINT).verdict.outcome is sg.Outcome.SUPPORTED


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, np.int8, np.uint64, bool])
@pytest.mark.parametrize("backend", ["numpy", "compiled", "mpmath", "balls"])
def test_arguments_of_every_real_type_are_taken_as_they_are(kind, backend):
    given = {name: np.asarray(np.round(np.abs(a))).astype(kind) for name, a in POINT.items()}
    expected = GRAD.compile(backend=backend)(**{name: a.astype(float) for name, a in given.items()})
    found = GRAD.compile(backend=backend)(**given)
    assert float(found.loss) == float(expected.loss)
    assert np.asarray(found.loss).dtype == (np.float64 if backend in BACKENDS else object)


@pytest.mark.parametrize("backend", BACKENDS)
def test_numbers_that_no_double_is_are_refused_and_never_rounded(backend):
    run = SHRINKING.compile({sg.LENGTH: 1}, backend)
    assert run(w=2**53, h0=2**60).loss == 2.0**113
    for number in (2**53 + 1, -(2**53) - 1, 2**63 - 1, np.uint64(2**64 - 1)):
        with pytest.raises(sg.CellError, match=r"w must be doubles; it is -?\d+, which no double is: round it"):
            run(w=number, h0=1.0)
    tenth = np.longdouble("0.1")
    if tenth != float(tenth):
        with pytest.raises(sg.CellError, match=r"w must be doubles; it is 0\.1.*, which no double is"):
            run(w=tenth, h0=1.0)
    assert run(w=np.longdouble(0.5), h0=1.0).loss == 0.5
    for wrong in (Fraction(1, 3), sympy.Rational(1, 3), 2**70, "0.1"):
        with pytest.raises(sg.CellError, match=r"w must be real numbers.*exact numbers and texts are for"):
            run(w=wrong, h0=1.0)


@pytest.mark.parametrize("backend", ["mpmath", "balls"])
def test_exact_numbers_keep_all_their_digits_in_many_digits(backend):
    run = SHRINKING.compile({sg.LENGTH: 1}, backend, digits=40)
    tenth = np.longdouble("0.1")
    p, q = tenth.as_integer_ratio()
    with mpmath.workdps(60):
        pairs = ((2**70 + 1, 2**70 + 1), (Fraction(1, 3), mpmath.mpf(1) / 3), ("0.1", mpmath.mpf("0.1")))
        for number, right in (*pairs, (tenth, mpmath.mpf(p) / q), (2**63 - 1, 2**63 - 1)):
            loss = run(w=number, h0=1).loss
            text = loss if backend == "mpmath" else mpmath.mpf(loss.str(45, radius=False))
            assert abs(text - right) <= abs(right) * mpmath.mpf(10) ** -39
