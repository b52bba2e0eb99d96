"""Checks of gradients in numbers: finite differences, crosschecks, known mistakes."""
