"""Cells, and statements about them, from text."""
