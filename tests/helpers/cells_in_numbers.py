"""Cells of the zoo as programs, and a point at which they are called."""

import numpy as np

import symgrad as sg
from symgrad.symbols import declared_shape

SIZES = {"n": 2, "m": 2, "p": 2}


def run_and_point(name, at="every", length=4, **options):
    row = sg.CELLS[name]
    cell = row.cell(*(SIZES[size] for size in row.sizes))
    run = sg.bptt(cell, sg.half_squared_error(sg.output_of(cell)), at=at).compile(**options)
    generator = np.random.default_rng(7)
    point = {}
    for argument in run.gradients.arguments:
        shape = tuple(map(int, declared_shape(argument)))
        steps = (length,) if getattr(argument, "time", None) == sg.TIME else ()
        point[run.gradients.name_of(argument)] = 0.7 * generator.standard_normal((*steps, *shape))
    return run, point
