"""Gradients of PyTorch and JAX under `check_gradient`: right ones pass as they are, wrong ones are told by name.

And the checkers of both, which compare with differences of doubles, pass a gradient of 0 that should be 1e-13.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from jax.test_util import check_grads
from test_jax import loss
from test_torch import gradients_of, random_arguments

import symgrad as sg

MODULES = {"tanh": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru_reset_after": torch.nn.GRU}
LENGTH = 7


def module_gradients(cell, kind=torch.float64, detached=()):
    """The gradients of a module, under the names of its weights; states are cut off after some steps."""

    def f(x, target, h0, c0=None, **weights):
        module = MODULES[cell](2, 3).to(kind)
        state = {name: torch.tensor(a).to(kind) for name, a in sg.to_torch(cell, weights).items()}
        module.load_state_dict(state, strict=False)
        for name, weight in module.named_parameters():
            if name not in state:
                torch.nn.init.zeros_(weight)
        starts = tuple(torch.tensor(a)[None].to(kind) for a in (h0, c0) if a is not None)
        hidden = starts if cell == "lstm" else starts[0]
        outputs = []
        for step, x_t in enumerate(torch.tensor(x).to(kind)):
            if step in detached:
                hidden = tuple(a.detach() for a in hidden) if cell == "lstm" else hidden.detach()
            out, hidden = module(x_t[None], hidden)
            outputs.append(out[0])
        (((torch.stack(outputs) - torch.tensor(target).to(kind)) ** 2).sum() / 2).backward()
        return {name: weight.grad for name, weight in module.named_parameters()}

    return f


def problem(cell):
    grad = gradients_of(sg.CELLS[cell].cell(3, 2), at="every")
    return grad, random_arguments(grad, LENGTH, 3)


def by_module(cell):
    return lambda ours: sg.gradients_to_torch(cell, ours)


@pytest.mark.parametrize("kind", [torch.float64, torch.float32, torch.bfloat16])
@pytest.mark.parametrize("cell", MODULES)
def test_modules_of_torch_are_right(cell, kind):
    grad, arguments = problem(cell)
    check = sg.check_gradient(module_gradients(cell, kind), grad, convert=by_module(cell), **arguments)
    assert check.verdict.outcome is sg.Outcome.SUPPORTED, str(check)


@pytest.mark.parametrize("cell", MODULES)
def test_states_that_were_cut_off_are_found(cell):
    grad, arguments = problem(cell)
    f = module_gradients(cell, detached=(3, 6))
    check = sg.check_gradient(f, grad, convert=by_module(cell), **arguments)
    assert check.verdict.outcome is sg.Outcome.REFUTED
    assert {finding.argument for finding in check.findings} >= {"weight_hh_l0", "weight_ih_l0"}


def test_a_tree_of_jax_is_taken_as_it_is():
    grad, arguments = problem("lstm_peephole")
    f = lambda **a: jax.grad(loss)({k: jnp.asarray(v) for k, v in a.items()})  # noqa: E731
    assert sg.check_gradient(f, grad, **arguments).verdict.outcome is sg.Outcome.SUPPORTED
    wrong = lambda **a: {**f(**a), "W_f": f(**a)["W_f"].T}  # noqa: E731
    (finding,) = sg.check_gradient(wrong, grad, **arguments).findings
    assert (finding.argument, finding.hint) == ("W_f", "it is transposed")


class Vanished(torch.autograd.Function):
    """Twenty stacked sigmoids with a gradient of 0, which should be 1.2e-13."""

    @staticmethod
    def forward(ctx, x):
        for _ in range(20):
            x = torch.sigmoid(x)
        return x

    @staticmethod
    def backward(ctx, above):
        return 0 * above


def test_other_checkers_pass_a_gradient_of_zero_and_this_one_does_not():
    x = np.array([0.5])
    assert torch.autograd.gradcheck(Vanished.apply, torch.tensor(x, requires_grad=True))

    @jax.custom_vjp
    def vanished(x):
        for _ in range(20):
            x = jax.nn.sigmoid(x)
        return x

    vanished.defvjp(lambda x: (vanished(x), None), lambda _, above: (0 * above,))
    check_grads(vanished, (jnp.asarray(x),), order=1, modes=["rev"])

    formula = sg.real("x")
    for _ in range(20):
        formula = sg.sigmoid(formula)

    def of_torch(x):
        t = torch.tensor(x, requires_grad=True)
        Vanished.apply(t).sum().backward()
        return t.grad

    assert sg.check_gradient(of_torch, formula, wrt="x", x=x).verdict.outcome is sg.Outcome.REFUTED
    of_jax = lambda x: jax.grad(lambda v: vanished(v).sum())(jnp.asarray(x))  # noqa: E731
    assert sg.check_gradient(of_jax, formula, wrt="x", x=x).verdict.outcome is sg.Outcome.REFUTED
