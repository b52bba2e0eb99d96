"""Sphinx settings: the extension of symgrad checks what pages show."""

from pathlib import Path

project = Path(__file__).resolve().parents[1].name
extensions = ["symgrad.sphinx_ext"]
exclude_patterns = ["_build"]
html_show_copyright = False
html_math_renderer = "mathml"  # formulas that need no network
