"""Documents from derivations: one tree for all kinds, and the build that keeps them up to date."""

from symgrad.documents.workshop.build import BuildReport, Document, Failure, OnProgress, build
from symgrad.documents.workshop.kinds import FORMATS

__all__ = ["FORMATS", "BuildReport", "Document", "Failure", "OnProgress", "build"]
