"""Programs that are called: runs of networks, formulas, in the arithmetic of a backend."""
