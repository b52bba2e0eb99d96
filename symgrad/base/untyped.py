"""What libraries without types of their own make, so that no checker tells it apart: numbers of any arithmetic."""

from __future__ import annotations

from typing import Any, TypeAlias

Array: TypeAlias = Any  # of doubles, of mpmath's numbers, balls, fractions, scaled numbers; or one of these
