"""Exponential growth of the hidden state: where it is true, and where it cannot be."""

from sympy import Abs, tanh

import symgrad as sg

w = sg.real("w", "recurrent weight")
h = sg.real("h", "hidden state at the start")
a = sg.real("a", "pre-activation")
T = sg.integer("T", "number of steps")

state = sg.State("h")
weight = sg.Parameter("w")
linear = sg.bptt(sg.Cell({state: weight * state.prev}, name="A linear unit"), state)

derivation = sg.Derivation(
    "Exponential growth of the hidden state",
    sg.prose(
        "The lecture warns of exponential growth in hidden state values. Whether it can happen is decided by the "
        "activation alone."
    ),
    sg.section(
        "A linear unit grows with its weight",
        sg.prose(
            "Without an activation and without inputs each step multiplies the state by the weight, so that after {T} "
            "steps it has been multiplied by {power}. Above 1 each step adds to it, and more than the step before:",
            T=T,
            power=w**T,
        ),
        sg.statement(
            sg.claim(w ** (T + 1) - w**T, "<", w ** (T + 2) - w ** (T + 1), where=[w > 1, T >= 0]), label="grows"
        ),
        sg.prose("Its gradient with respect to the weight grows likewise, with one more factor that counts the steps:"),
        sg.given((linear.equation_of(weight).left, linear.closed_form(weight)), label="closed"),
    ),
    sg.section(
        "A rectified unit does the same on its active side",
        sg.prose(
            "From a positive state and with a positive weight the unit never leaves the side on which it is linear:"
        ),
        sg.statement(
            sg.claim(sg.relu(w * (w**T * h)), "==", w ** (T + 1) * h, where=[w > 0, h > 0, T >= 0]), label="relu"
        ),
        sg.prose("From a negative state with a positive weight it is silent after one step:"),
        sg.statement(sg.claim(sg.relu(w * h), "==", 0, where=[w > 0, h < 0]), label="silent"),
    ),
    sg.section(
        "A bounded activation cannot grow",
        sg.prose("Whatever the weight, the inputs and the number of steps are, these states stay where they are:"),
        sg.statement(sg.claim(Abs(tanh(a)), "<", 1), label="tanh"),
        sg.statement(sg.claim("And(0 < sigmoid(a), sigmoid(a) < 1)"), label="sigmoid"),
        sg.prose(
            "What can grow in such a cell is not the state but its derivative, as {it} shows.", it=sg.ref("one_weight")
        ),
    ),
    source="slides, 13",
)
