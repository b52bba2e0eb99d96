"""Learning across delays: networks trained by derived gradients alone, on an answer that lies k steps back."""

import numpy as np

import symgrad as sg

UNITS, BATCH, SEEDS, UPDATES = 4, 4, 5, 200
RATE, NOISE, OPEN = 0.3, 0.05, 5.0  # step of an update, size of the noise, bias of the forget gates at the start
DELAYS = (2, 8, 32)
SOLVED = 0.1  # the loss of a network that answers 0 is 0.5

NETWORKS = {"sigmoid": "sigmoid", "tanh": "tanh", "orthogonal, linear": "linear", "LSTM": "lstm"}
FIXED = {"orthogonal, linear": ("W",)}  # it stays orthogonal


def gradients(cell):
    """The gradients of half the squared error at the last step, for a network with a linear output."""
    with_output = sg.with_output(sg.CELLS[cell].cell(UNITS, 2), 1)
    return sg.bptt(with_output, sg.half_squared_error(sg.output_of(with_output)))


def start(grad, draw):
    """Weights at the start: recurrent ones orthogonal, biases 0 but for that of forget gates."""
    found = {}
    for weight in grad.cell.parameters:
        rows, columns = map(int, weight.shape)
        if weight.name.startswith("W"):
            q, r = np.linalg.qr(draw.standard_normal((rows, columns)))
            found[weight.name] = q * np.sign(np.diag(r))
        elif columns == 1:
            found[weight.name] = np.full(rows, OPEN if weight.name == "b_f" else 0.0)
        else:
            found[weight.name] = draw.standard_normal((rows, columns)) / np.sqrt(columns)
    return found


def sequences(delay, draw):
    """Noise, with a sign in the first step of the first input; the answer is the sign, asked for at the last step."""
    signs = np.where(np.arange(BATCH) % 2, 1.0, -1.0)
    x, target = NOISE * draw.standard_normal((BATCH, delay + 1, 2)), np.zeros((BATCH, delay + 1, 1))
    x[:, 0, 0] = target[:, -1, 0] = signs
    return x, target


def trained(network, delay):
    """The loss on sequences that were not seen, for each seed, after gradient descent."""
    grad = gradients(NETWORKS[network])
    run, draw = grad.compile(), np.random.default_rng(0)
    starts = [start(grad, np.random.default_rng(seed)) for seed in range(SEEDS)]
    weights = {name: np.stack([s[name] for s in starts])[:, None] for name in starts[0]}  # seeds, batch, shape
    for _ in range(UPDATES):
        x, target = sequences(delay, draw)
        found = run(**weights, x=x, target=target).gradients
        slopes = {name: found[name].mean(axis=1, keepdims=True) for name in weights}
        sizes = np.sqrt(sum((s.reshape(SEEDS, -1) ** 2).sum(axis=1) for s in slopes.values()))
        for name, slope in slopes.items():
            if name not in FIXED.get(network, ()):  # no update is longer than RATE
                weights[name] = weights[name] - RATE * slope / np.maximum(1, sizes).reshape(-1, *[1] * (slope.ndim - 1))
    x, target = sequences(delay, np.random.default_rng(99))
    return run(**weights, x=x, target=target).loss.mean(axis=1)


losses = {network: {delay: trained(network, delay) for delay in DELAYS} for network in NETWORKS}
solved = {network: {k: int((loss < SOLVED).sum()) for k, loss in found.items()} for network, found in losses.items()}

derivation = sg.Derivation(
    "Learning across delays",
    sg.prose(
        "A network with {units} hidden units is shown a sign in the first step and noise of size {noise} in every "
        "step, "
        "and is asked for the sign k steps later. It is trained by gradient descent, {updates} updates of length at "
        "most "
        "{rate}, with the gradients that backpropagation through time gives, derived and made into programs by "
        "symgrad; "
        "nothing else is differentiated. Recurrent weights start orthogonal, forget gates open, with the bias "
        "{open}; the "
        "weights of the linear network stay orthogonal.",
        units=UNITS,
        noise=NOISE,
        updates=UPDATES,
        rate=RATE,
        open=OPEN,
    ),
    sg.table(
        f"Of {SEEDS} seeds, how many learned it: loss below {SOLVED} on new sequences, where 0.5 is that of a "
        f"network that "
        "knows nothing. Measured in double precision.",
        ("network", *(f"k = {k}" for k in DELAYS)),
        *((network, *(f"{n} of {SEEDS}" for n in found.values())) for network, found in solved.items()),
        label="solved",
    ),
    sg.figure(
        "The loss after training, the median of the seeds.",
        *(
            sg.points(DELAYS, [float(np.median(loss)) for loss in found.values()], label=network)
            for network, found in losses.items()
        ),
        alt="Four lines over the delay, the loss on an axis of powers of ten: "
        + "; ".join(
            f"{network} from {np.median(found[DELAYS[0]]):.0e} at k = {DELAYS[0]} to "
            f"{np.median(found[DELAYS[-1]]):.0e} at k = {DELAYS[-1]}"
            for network, found in losses.items()
        )
        + ".",
        x_label="steps k between question and answer",
        y_label="loss",
        log10=True,
        label="losses",
    ),
    sg.prose(
        "Why the sigmoid stops first is proved in {bound}: each step back costs a factor of at most one quarter "
        "times the "
        "weight. The linear network keeps the length of what it carries, since its weights are orthogonal, and an open "
        "forget gate multiplies by nearly one. That a network can carry a sign does not say that it finds out how: the "
        "table is about {seeds} seeds, one step size and {updates} updates.",
        bound=sg.ref("vanishing_exploding"),
        seeds=SEEDS,
        updates=UPDATES,
    ),
    source="slides, 8",
)
