"""Points at which functions of one number are compared with balls."""

import numpy as np

from symgrad.activations import ACTIVATIONS


def grid(name, logarithmic, linear, chance):
    """Both signs, logarithmic over all doubles, denser where activations bend; the kinks and their neighbours."""
    sizes = np.concatenate(
        [
            10.0 ** np.linspace(-307, 307, logarithmic),
            np.linspace(0.01, 760, linear),
            np.random.default_rng(8).uniform(0.0, 40.0, chance),
            [5e-324, 1.7e308],
        ]
    )
    kinks = np.array([float(k) for k in ACTIVATIONS[name].kinks])
    near = np.concatenate([kinks, np.nextafter(kinks, -np.inf), np.nextafter(kinks, np.inf)])
    return np.unique(np.concatenate([-sizes, [0.0], sizes, near]))
