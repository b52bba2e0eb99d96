"""What can be referred to: derivations, their equations, figures and tables, claims and cells, by name."""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import Any, ClassVar, NamedTuple

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.domains import Domain, ObjType
from sphinx.environment import BuildEnvironment
from sphinx.roles import XRefRole
from sphinx.util import logging
from sphinx.util.nodes import make_refnode

from symgrad.base.reads import Reads

log = logging.getLogger(__name__)


class Target(NamedTuple):
    """Where something with a name stands.

    Attributes
    ----------
    kind : str
        What it is, out of the object types of the domain.
    docname, anchor : str
    title : str
        What a reference calls it.
    """

    kind: str
    docname: str
    anchor: str
    title: str


class SymgradDomain(Domain):
    """Derivations, equations, figures, tables, claims and cells."""

    name = "symgrad"
    label = "symgrad"
    object_types: ClassVar[dict[str, ObjType]] = {
        kind: ObjType(kind, "ref") for kind in ("derivation", "equation", "figure", "table", "claim", "cell")
    }
    roles: ClassVar[dict[str, Any]] = {"ref": XRefRole(innernodeclass=nodes.inline, warn_dangling=True)}
    initial_data: ClassVar[dict[str, Any]] = {"targets": {}, "reads": {}}
    data_version = 2
    dangling_warnings: ClassVar[dict[str, str]] = {
        "ref": "no derivation, equation, figure, table, claim or cell is called %(target)s"
    }

    @property
    def targets(self) -> dict[str, Target]:
        found: dict[str, Target] = self.data["targets"]
        return found

    def note(self, name: str, target: Target, location: Any) -> None:
        """Remember where something stands; a name that is taken is a warning."""
        taken = self.targets.get(name)
        if taken is not None and taken.docname != target.docname:
            text = "%s is placed twice, here and in %s; give one of them a :label:, or :no-index:"
            log.warning(text, name, taken.docname, location=location, type="symgrad", subtype="duplicate")
        self.targets[name] = target

    @property
    def reads(self) -> dict[str, Reads]:
        """What the derivations and claims of each page were read from."""
        found: dict[str, Reads] = self.data["reads"]
        return found

    def note_reads(self, docname: str, reads: Reads) -> None:
        self.reads[docname] = self.reads.get(docname, Reads()) | reads

    def clear_doc(self, docname: str) -> None:
        self.reads.pop(docname, None)
        for name in [name for name, target in self.targets.items() if target.docname == docname]:
            del self.targets[name]

    def merge_domaindata(self, docnames: Set[str], otherdata: dict[str, Any]) -> None:
        self.targets.update((n, t) for n, t in otherdata["targets"].items() if t.docname in docnames)
        self.reads.update((name, reads) for name, reads in otherdata["reads"].items() if name in docnames)

    def resolve_xref(
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        typ: str,
        target: str,
        node: pending_xref,
        contnode: nodes.Element,
    ) -> nodes.reference | None:
        found = self.targets.get(target)
        if found is None:
            return None
        if not node.get("refexplicit"):
            numbered = self._numbered(found, env, fromdocname, builder, target, node, contnode)
            if numbered is not None:
                return numbered
            contnode = nodes.inline("", found.title)
        return make_refnode(builder, fromdocname, found.docname, found.anchor, contnode, found.title)

    def _numbered(
        self,
        found: Target,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        target: str,
        node: pending_xref,
        contnode: nodes.Element,
    ) -> nodes.reference | None:
        """A reference by number, which other domains keep."""
        if found.kind == "equation":
            return env.domains.math_domain.resolve_xref(env, fromdocname, builder, "eq", target, node, contnode)
        if found.kind in ("figure", "table") and env.config.numfig:
            label = target.lower()
            if label in env.domains.standard_domain.anonlabels:
                standard = env.domains.standard_domain
                resolved = standard.resolve_xref(env, fromdocname, builder, "numref", label, node, contnode)
                return resolved if isinstance(resolved, nodes.reference) else None
        return None

    def resolve_any_xref(
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        target: str,
        node: pending_xref,
        contnode: nodes.Element,
    ) -> list[tuple[str, nodes.reference]]:
        found = self.resolve_xref(env, fromdocname, builder, "ref", target, node, contnode)
        return [] if found is None else [("symgrad:ref", found)]

    def get_objects(self) -> Iterable[tuple[str, str, str, str, str, int]]:
        for name, (kind, docname, anchor, title) in self.targets.items():
            yield name, title, kind, docname, anchor, 1 if kind == "derivation" else 0


def outdated(app: Sphinx, env: BuildEnvironment, added: Set[str], changed: Set[str], removed: Set[str]) -> list[str]:
    """The pages that show what was read from files which have changed since, or may have."""
    read = domain_of(env).reads.items()
    return [name for name, reads in read if name not in removed and not reads.is_unchanged]


def domain_of(env: BuildEnvironment) -> SymgradDomain:
    """Our domain in the environment of a build."""
    domain = env.get_domain(SymgradDomain.name)
    assert isinstance(domain, SymgradDomain)
    return domain
