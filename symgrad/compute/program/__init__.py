"""Equations as straight-line code for each step: nodes, lowering, schedules, fusion."""
