"""Gradients of an LSTM with peepholes against those of JAX: a second oracle, with a program of its own."""

import jax
import jax.numpy as jnp
import pytest
from test_torch import assert_close, gradients_of, ours, random_arguments

import symgrad as sg

jax.config.update("jax_enable_x64", True)


def loss(p):
    def step(state, given):
        c, h = state
        x, target = given
        i = jax.nn.sigmoid(p["W_i"] @ h + p["U_i"] @ x + p["p_i"] * c + p["b_i"])
        f = jax.nn.sigmoid(p["W_f"] @ h + p["U_f"] @ x + p["p_f"] * c + p["b_f"])
        c = f * c + i * jnp.tanh(p["W_g"] @ h + p["U_g"] @ x + p["b_g"])
        h = jax.nn.sigmoid(p["W_o"] @ h + p["U_o"] @ x + p["p_o"] * c + p["b_o"]) * jnp.tanh(c)
        return (c, h), ((h - target) ** 2).sum() / 2

    _, each = jax.lax.scan(step, (p["c0"], p["h0"]), (p["x"], p["target"]))
    return each.sum()


@pytest.mark.parametrize("length", [1, 2, 50])
def test_peephole_lstm_agrees_with_jax(length):
    grad = gradients_of(sg.CELLS["lstm_peephole"].cell(3, 2), at="every")
    arguments = random_arguments(grad, length, length)
    _, found = ours(grad, arguments)
    for name, expected in jax.grad(loss)({k: jnp.asarray(v) for k, v in arguments.items()}).items():
        assert_close(name, expected, found[name])
