"""Arguments of any name: those of a user may be called as the options of the functions that take them."""

import inspect

import numpy as np
import pytest

import symgrad as sg

TAKERS = (sg.check_gradient, sg.assert_gradient, sg.sweep, sg.crosscheck, sg.compile, sg.bptt, sg.check_backward)
TAKERS += (sg.Gradients.compile, sg.Gradients.evaluate, sg.Gradients.value_of, sg.Run.__call__, sg.prose)
INTERNAL = {"length", "start", "steps", "inner", "last", "given", "value", "left", "right", "self", "dw", "np", "out"}
NAMES = sorted({name for f in TAKERS for name in inspect.signature(f).parameters} | INTERNAL)
OPTIONS = {
    name for name, p in inspect.signature(sg.check_gradient).parameters.items() if p.kind is not p.POSITIONAL_ONLY
} - {"arguments"}

h, x = sg.State("h"), sg.Input("x")


def gradients_of(name):
    return sg.bptt(sg.Cell({h: sg.tanh(sg.Parameter(name) * h.prev + x)}), sg.half_squared_error(h))


def point_of(name):
    return {name: 0.5, "x": np.array([0.1, 0.2, 0.3]), "target": np.zeros(3)}


def by_ours(grad, name):
    run = grad.compile()
    return lambda **arguments: {name: float(run(**arguments).gradients[name])}


@pytest.mark.one_in(4)
@pytest.mark.parametrize("name", NAMES)
def test_an_argument_may_have_the_name_of_an_option(name):
    grad, point = gradients_of(name), point_of(name)
    wanted = gradients_of("w").compile()(**point_of("w")).gradients["w"]
    for backend in ("numpy", "mpmath", "balls"):
        found = grad.compile(backend=backend, digits=None if backend == "numpy" else 20)(**point).gradients[name]
        found = found.item() if isinstance(found, np.ndarray) else found
        assert abs(float(found.mid() if backend == "balls" else found) - wanted) < 1e-12
    f = by_ours(grad, name)
    assert sg.check_gradient(f, grad, point=point).verdict.outcome is sg.Outcome.SUPPORTED
    sg.assert_gradient(f, grad, point=point)
    assert sg.check_backward(grad.cell, grad.loss, backward=[f"hbar[t] = {name}*delta[t+1]"]).holds
    sg.check_gradient(lambda **given: 2 * given[name], sg.real(name) ** 2, wrt=name, point={name: 1.5})
    sg.prose(f"The weight {{{name}}}.", **{name: sg.real("w")})


@pytest.mark.parametrize("name", [*NAMES, "T", "dh0"])
def test_an_argument_of_any_name_is_swept(name):
    pytest.importorskip("xarray")
    run, point = gradients_of(name).compile(), point_of(name)
    found = sg.sweep(run, {**point, name: [0.4, 0.5]}, T=[2, 3])
    assert found[f"d{name}"].values[1, 1] == run(**point).gradients[name]
    assert found.loss.dims == ("given_" * (name in ("loss", "T", "dh0")) + name, "T")
    assert sg.sweep(run, point).loss == run(**point).loss


@pytest.mark.parametrize("name", sorted(set(NAMES) & OPTIONS - {"sizes", "point"}))
def test_an_argument_that_was_taken_for_an_option_is_told(name):
    grad = gradients_of(name)
    told = f"check_gradient has an option {name}, so that the argument {name} is given in a mapping, point="
    with pytest.raises(sg.CellError, match=told):
        sg.check_gradient(by_ours(grad, name), grad, **point_of(name))


@pytest.mark.parametrize(
    ("name", "told"), [("sizes", "sizes are a mapping"), ("point", "takes a mapping of arguments")]
)
def test_an_option_that_is_a_mapping_says_so(name, told):
    with pytest.raises(sg.CellError, match=told):
        sg.check_gradient(by_ours(gradients_of(name), name), gradients_of(name), **point_of(name))


def test_an_argument_that_is_given_twice_is_told():
    grad, point = gradients_of("w"), point_of("w")
    with pytest.raises(sg.CellError, match="the argument w is given twice"):
        sg.check_gradient(by_ours(grad, "w"), grad, point=point, w=0.5)


def test_an_axis_that_has_the_name_of_a_result_is_told():
    xarray = pytest.importorskip("xarray")
    weights = xarray.DataArray([0.4, 0.5], dims="loss")
    with pytest.raises(sg.CellError, match="loss is a result; give the axis loss of the arguments another name"):
        sg.sweep(gradients_of("w").compile(), {**point_of("w"), "w": weights})


def test_a_sweep_over_an_option_that_is_given_by_its_keyword_is_told():
    pytest.importorskip("xarray")
    with pytest.raises(sg.CellError, match="sweep has an option chunks, so that the argument"):
        sg.sweep(gradients_of("chunks").compile(), chunks={}, x=np.ones(3), target=np.ones(3))
