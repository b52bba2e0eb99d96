"""Expressions far out and beside singular places: expansions, growth, limits."""
