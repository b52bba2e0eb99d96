"""Passes over a whole sequence, forward and backward, or in pieces that are computed again."""
