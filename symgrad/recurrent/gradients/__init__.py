"""Gradients of cells: vector-Jacobian products, one step in reverse, and the sweep through time."""
