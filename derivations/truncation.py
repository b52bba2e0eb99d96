"""Truncated backpropagation through time: what is cut, and how much that is."""

from sympy import Ne, Sum, Symbol

import symgrad as sg

h, w = sg.State("h", meaning="hidden state"), sg.Parameter("w", meaning="recurrent weight")
x = sg.Input("x", meaning="input")
grad = sg.bptt(sg.Cell({h: sg.tanh(w * h.prev + x)}, name="One tanh unit"), h)
reach = Symbol("K", integer=True, positive=True)
cut = grad.truncated(w, 1, reach)

W = sg.real("w", "recurrent weight")
start = sg.real("h", "hidden state at the start")
q = sg.real("q", "bound for the slope of every step")
T, K = sg.integer("T", "number of steps"), sg.integer("K", "number of steps that are followed back")
N = sg.integer("N", "number of steps that are cut")
k = sg.integer("k")

derivation = sg.Derivation(
    "Truncated backpropagation through time",
    sg.prose(
        "To save memory and time the gradient is followed back through the last {K} steps only. Of the double sum over "
        "paths that keeps those that end late; what is cut is the bias.",
        K=K,
    ),
    sg.section(
        "What is kept and what is cut",
        sg.prose(
            "For one unit, with the last state as the loss, these are the sum that is kept and the sum that is cut:"
        ),
        sg.given(
            (Symbol("G", real=True), cut.gradient),
            (Symbol("B", real=True), cut.bias),
            label="cut",
        ),
        sg.prose(
            "The bias is zero if no path is that long, which is so when {K} is at least {T}, or if every product of "
            "{K} slopes is zero. Otherwise nothing makes it small but small slopes.",
            K=K,
            T=T,
        ),
    ),
    sg.section(
        "Where slopes are small, the bias is",
        sg.prose(
            "If every slope of a step is at most {q} in absolute value, what is cut is at most a geometric sum:", q=q
        ),
        sg.statement(
            sg.claim(
                Sum(q ** (K + k), (k, 0, N - 1)),
                "==",
                q**K * (1 - q**N) / (1 - q),
                where=[q > 0, q < 1, N >= 1, K >= 1],
            ),
            label="geometric",
        ),
        sg.statement(
            sg.claim(q**K * (1 - q**N) / (1 - q), "<", q**K / (1 - q), where=[q > 0, q < 1, N >= 1, K >= 1]),
            label="bound",
        ),
        sg.prose("So a truncation is good exactly where gradients vanish, where long paths would have said little."),
    ),
    sg.section(
        "Where they are not, it is not",
        sg.prose(
            "In a linear unit every path gives the same, {path}. Of {T} paths {K} are kept, so that the bias is the "
            "same share of the gradient as of the sequence, however many steps are followed:",
            path=W ** (T - 1) * start,
            T=T,
            K=K,
        ),
        sg.statement(
            sg.claim(
                T * W ** (T - 1) * start - K * W ** (T - 1) * start,
                "==",
                (1 - K / T) * (T * W ** (T - 1) * start),
                where=[T >= 1, K >= 1, Ne(W, 0)],
            ),
            label="share",
        ),
    ),
    source="Williams, Peng, An efficient gradient-based algorithm for on-line training of recurrent network "
    "trajectories (1990)",
)
