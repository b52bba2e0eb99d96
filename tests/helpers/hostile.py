"""A page with strange text in every place that takes text."""

from sympy import Function

import symgrad as sg
from symgrad import Outcome, Verdict, Witness
from symgrad.documents.tree.document import Link, Page

x = sg.real("x")


def page_of(text, names):
    """A document of which every title, label, remark and witness is this text; these are names in its formulas."""
    strange = sg.real("<script>", text) + sg.real(r"\input{x}", text) + sum(map(sg.real, names))
    applied, template = Function("<b>%s")(x), text.replace("{", "{{").replace("}", "}}")
    first = min(strange.free_symbols, key=str)
    derivation = sg.Derivation(
        text,
        sg.prose(template + " {e} {r}", e=applied + strange, r=sg.ref(text)),
        sg.chain(strange, sg.equals(applied, by=text), sg.at_most(2 * strange, by=text, equality_at={first: 0}),
                 label=text),
        sg.statement(sg.claim(strange, "<=", 1, where=[first > 0], source=text, id=text), remark=text),
        sg.erratum("x == x + 1", source=text, remark=text, label="<2>"),
        sg.section(text, sg.table(text, (text, strange), (text, sg.claim(x, "==", strange)), label="<3>")),
        sg.figure(text, sg.curve(x, x, 0, 1, label=text, samples=2), alt=text, x_label=text, y_label=strange),
        source=text,
    )  # fmt: skip
    verdict = Verdict(Outcome.REFUTED, text, text, Witness({text: text}, text, text), (text,))
    return Page("hostile", derivation, dict.fromkeys(derivation.claims, verdict), {}, Link("a", text), Link("b", text))
