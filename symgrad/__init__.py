"""symgrad derives gradients in closed form, proves every line it prints, and renders the whole as documents.

Examples
--------
>>> import symgrad as sg
>>> x = sg.real("x")
>>> s = sg.sigmoid(x)
>>> sg.verify(sg.claim(s.diff(x), "==", s * (1 - s))).outcome.name
'PROVED'
"""

from importlib import import_module
from typing import TYPE_CHECKING

from symgrad.base.shown import ABOVE

if TYPE_CHECKING:
    from symgrad.activations import (
        ACTIVATIONS,
        Activation,
        celu,
        elu,
        gelu,
        gelu_tanh,
        hard_sigmoid,
        hard_tanh,
        identity,
        leaky_relu,
        logsigmoid,
        mish,
        relu,
        selu,
        sigmoid,
        softplus,
        softsign,
        swish,
    )
    from symgrad.base.errors import (
        ActivationError,
        CellError,
        CertificateError,
        ClaimError,
        DerivationError,
        MissingExtraError,
        NoFunctionError,
        OutputError,
        ParseError,
        PluginError,
        PrecisionError,
        ShapeError,
        SymgradError,
        UnderflowWarning,
        VerdictTruthError,
    )
    from symgrad.checking.claim_files import load_claims
    from symgrad.checking.invariants import Candidate, Invariants
    from symgrad.checking.proofs import proof
    from symgrad.claims.claim import Claim, claim
    from symgrad.claims.derivation_files import load_derivation
    from symgrad.claims.derivations import (
        Derivation,
        at_least,
        at_most,
        chain,
        curve,
        equals,
        erratum,
        field,
        figure,
        given,
        greater_than,
        less_than,
        orbit,
        points,
        prose,
        ref,
        section,
        statement,
        table,
    )
    from symgrad.claims.extrema import infimum, maximum, minimum, supremum
    from symgrad.compute.checks.check_gradient import GradientCheck, check_gradient
    from symgrad.compute.checks.crosscheck import Crosscheck, crosscheck
    from symgrad.compute.checks.differences import complex_step, difference, precise_difference
    from symgrad.compute.numbers.scaled import Scaled
    from symgrad.compute.passes.segments import Output
    from symgrad.compute.run.formula import Formula, compile
    from symgrad.compute.run.run import Run
    from symgrad.compute.sweeps.sweep import sweep
    from symgrad.gradients import Gradients, bptt
    from symgrad.language.statements import Conjunction, Domain, Extremum, ExtremumKind, Relation
    from symgrad.language.verdicts import Outcome, Verdict, Witness
    from symgrad.prove import verify
    from symgrad.reading.text import parse, to_text
    from symgrad.recurrent import (
        CELLS,
        Cell,
        CellRow,
        Equation,
        Judgement,
        Loss,
        bidirectional,
        binary_cross_entropy,
        cell_claim,
        check_backward,
        from_torch,
        gradients_to_torch,
        half_squared_error,
        output_of,
        read_cell,
        softmax_cross_entropy,
        stacked,
        state_jacobian,
        to_torch,
        with_output,
        with_residual,
    )
    from symgrad.symbols import (
        LENGTH,
        TIME,
        Input,
        Intermediate,
        Max,
        Min,
        OrderedProduct,
        Parameter,
        State,
        TimeSum,
        abs,
        arctan,
        concatenate,
        dims,
        dot,
        elementwise,
        exp,
        hadamard,
        log,
        logsumexp,
        mean,
        norm,
        ones,
        outer,
        sin,
        softmax,
        spectral_radius,
        sqrt,
        tanh,
        total,
        variance,
        where,
    )
    from symgrad.symbols.notation import integer, real
    from symgrad.testing import assert_gradient, assert_holds, assert_refuted
else:
    # What is imported waits until it is used: SymPy takes half a second, the provers longer, and a test runner or a
    # documentation builder that only finds symgrad installed should not wait for either.
    _ROOMS = {
        "activations": (
            "Activation ACTIVATIONS celu elu gelu gelu_tanh hard_sigmoid hard_tanh identity leaky_relu "
            "logsigmoid mish relu selu sigmoid softplus softsign swish"
        ),
        "checking.claim_files": "load_claims",
        "claims.claim": "Claim claim",
        "claims.extrema": "infimum maximum minimum supremum",
        "claims.derivation_files": "load_derivation",
        "base.errors": (
            "ActivationError CellError CertificateError ClaimError DerivationError MissingExtraError NoFunctionError "
            "OutputError ParseError PluginError PrecisionError ShapeError SymgradError UnderflowWarning "
            "VerdictTruthError"
        ),
        "symbols.notation": "integer real",
        "language.statements": "Conjunction Domain Extremum ExtremumKind Relation",
        "reading.text": "parse to_text",
        "symbols": (
            "abs arctan concatenate dims dot elementwise exp hadamard Input Intermediate LENGTH log logsumexp Max mean "
            "Min norm ones OrderedProduct outer Parameter sin softmax spectral_radius sqrt State tanh TIME "
            "TimeSum total variance where"
        ),
        "language.verdicts": "Outcome Verdict Witness",
        "compute.checks.check_gradient": "check_gradient GradientCheck",
        "compute.checks.crosscheck": "Crosscheck crosscheck",
        "compute.checks.differences": "complex_step difference precise_difference",
        "compute.run.formula": "compile Formula",
        "compute.run.run": "Run",
        "compute.numbers.scaled": "Scaled",
        "compute.passes.segments": "Output",
        "compute.sweeps.sweep": "sweep",
        "claims.derivations": (
            "at_least at_most chain curve Derivation equals erratum field figure given greater_than less_than "
            "orbit points prose ref section statement table"
        ),
        "gradients": "bptt Gradients",
        "checking.invariants": "Candidate Invariants",
        "checking.proofs": "proof",
        "prove": "verify",
        "testing": "assert_gradient assert_holds assert_refuted",
        "recurrent": (
            "bidirectional binary_cross_entropy Cell cell_claim CellRow CELLS check_backward Equation from_torch "
            "gradients_to_torch half_squared_error Judgement Loss output_of read_cell softmax_cross_entropy "
            "stacked state_jacobian to_torch with_output with_residual"
        ),
    }
    _ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names.split()}

    def __getattr__(name: str) -> object:
        if name not in _ROOM_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return globals().setdefault(name, getattr(import_module(f"symgrad.{_ROOM_OF[name]}"), name))


ABOVE |= {
    "page": lambda derivation: str(import_module("symgrad.documents.formats.framed").framed(derivation)),
    "program": lambda program: str(import_module("symgrad.compute.arrays.printed").code_of(program)),
}

__version__ = "0.1.0"

__all__ = [
    # symbols and text
    "real", "integer", "parse", "to_text",
    # claims and verdicts
    "claim", "maximum", "minimum", "supremum", "infimum", "load_claims", "verify",
    "Claim", "Relation", "Extremum", "ExtremumKind", "Conjunction", "Domain", "Verdict", "Outcome", "Witness",
    # derivations
    "Derivation", "prose", "chain", "equals", "at_most", "at_least", "less_than", "greater_than", "statement",
    "erratum", "given", "figure", "curve", "orbit", "points", "field", "table", "section", "ref", "proof",
    "load_derivation",
    # vectors in time
    "dims", "State", "Input", "Intermediate", "Parameter", "hadamard", "outer", "dot", "concatenate", "ones",
    "elementwise", "exp", "log", "sqrt", "abs", "Max", "Min", "where", "softmax", "logsumexp", "total",
    "mean", "variance", "norm",     "spectral_radius", "TimeSum", "OrderedProduct", "TIME", "LENGTH",
    # recurrent cells
    "Cell", "Equation", "read_cell", "bptt", "Gradients", "check_backward", "Judgement", "state_jacobian", "cell_claim",
    "Loss", "half_squared_error", "softmax_cross_entropy", "binary_cross_entropy", "CELLS", "CellRow", "stacked",
    "bidirectional", "with_output", "with_residual", "output_of", "from_torch", "to_torch", "gradients_to_torch",
    # programs
    "crosscheck", "Crosscheck", "check_gradient", "GradientCheck", "difference", "precise_difference", "complex_step",
    "compile", "Formula", "Run", "Output", "Scaled", "sweep", "UnderflowWarning", "PrecisionError",
    # definitions
    "Invariants", "Candidate",
    # tests
    "assert_holds", "assert_refuted", "assert_gradient",
    # activations
    "ACTIVATIONS", "Activation", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "celu", "softplus", "softsign",
    "swish", "mish", "gelu", "gelu_tanh", "arctan", "hard_sigmoid", "hard_tanh", "logsigmoid", "sin", "identity",
    # errors
    "SymgradError", "ParseError", "ClaimError", "DerivationError", "MissingExtraError", "OutputError",
    "VerdictTruthError", "CertificateError", "PluginError", "CellError", "ShapeError",
    "NoFunctionError", "ActivationError",
]  # fmt: skip


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
