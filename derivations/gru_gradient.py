"""The gradients of the gated recurrent unit, with the reset gate before and after the product."""

import symgrad as sg

n, m = sg.dims("n m")
before, after = (sg.CELLS[name].cell(n, m) for name in ("gru", "gru_reset_after"))
grads = [sg.bptt(cell, sg.half_squared_error(cell.states[0])) for cell in (before, after)]

derivation = sg.Derivation(
    "The gated recurrent unit: gradients through time",
    sg.prose(
        "Two cells go by this name. In the paper the reset gate multiplies the state before the recurrent weight is "
        "applied; many libraries apply the weight first, which lets them multiply all gates at once. Their gradients "
        "differ, and a gradient derived for one is wrong for the other."
    ),
    sg.section("Reset before the product", *grads[0].derivation().items),
    sg.section("Reset after the product", *grads[1].derivation().items),
    source="Cho et al., Learning phrase representations using RNN encoder-decoder (2014)",
)
