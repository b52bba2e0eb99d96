"""Whole networks in numbers with certain digits."""
