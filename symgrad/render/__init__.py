"""Documents from derivations: one tree for all kinds, and the build that keeps them up to date."""

from symgrad.render.build import FORMATS, BuildReport, Document, Failure, OnProgress, build
from symgrad.render.facts import Check

__all__ = ["FORMATS", "BuildReport", "Check", "Document", "Failure", "OnProgress", "build"]
