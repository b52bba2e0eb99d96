"""Figures as SVG, PDF and data."""
