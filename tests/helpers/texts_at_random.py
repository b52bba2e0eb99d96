"""Texts at random, over the whole grammar of the documented formulas: every text is one that Python's grammar has."""

import random

NAMES = ("x", "y", "w_1", "lamda", "alpha", "beta", "gamma", "zeta", "e", "i", "k", "t", "T", "S", "N", "Q", "O")
NUMBERS = ("0", "1", "2", "3", "7", "0.1", "0.5", ".25", "2.", "1e-2", "1E1", "1.5e+1", "0.50", "12")
PASTED = {
    "**2": "²", "**-1": "⁻¹", "**3": "³", "*": ("·", "×"), "-": "−", "/": "÷", "<=": "≤", ">=": "≥", "!=": "≠",
    "pi": "π",
}  # fmt: skip
ONE = """
    exp sin cos tan sinh cosh tanh asin acos atan asinh erf erfc cot sec csc log sqrt cbrt Abs sign floor ceiling frac
    re im conjugate Heaviside gamma factorial sigmoid relu leaky_relu elu softplus swish softsign log1p expm1 log2
    square digamma coth sech csch""".split()  # noqa: SIM905
TWO = "log root Mod Max Min atan2 Heaviside beta leaky_relu elu hypot binomial".split()  # noqa: SIM905
CONSTANTS = ("pi", "E", "I", "GoldenRatio", "EulerGamma")
EXPONENTS = ("2", "3", "-1", "-2", "0.5", "2**2", "-2**2", "(1/2)", "-1/2", "x", "0", "1", "10", "")
LOWEST, HIGHEST = ("0", "1", "-1", "3"), ("2", "3", "1")
ORDERS = ("==", "!=", "<", "<=", ">", ">=")


class Writer:
    """Writes one text."""

    def __init__(self, seed, pasted=False):
        self.pick = random.Random(f"text {seed}")
        self.pasted = pasted

    def chance(self, p):
        return self.pick.random() < p

    def space(self):
        return self.pick.choice(("", "", "", " "))

    def sign(self, *choice):
        found = self.pick.choice(choice)
        if self.pasted and self.chance(0.5) and found in PASTED:
            found = PASTED[found] if isinstance(PASTED[found], str) else self.pick.choice(PASTED[found])
        return f"{self.space()}{found}{self.space()}"

    def sum(self, depth):
        text = self.product(depth)
        while self.chance(0.4):
            text += self.sign("+", "-") + self.product(depth)
        return text

    def product(self, depth):
        text = self.signed(depth)
        while self.chance(0.4):
            text += self.sign("*", "/") + self.signed(depth)
        return text

    def signed(self, depth):
        if self.chance(0.15):
            return self.sign("-", "-", "+").strip() + self.space() + self.signed(depth)
        return self.power(depth)

    def power(self, depth):
        base = self.atom(depth)
        if not self.chance(0.25):
            return base
        if self.pasted and self.chance(0.5):
            return f"{base}{self.pick.choice('²³⁴')}" if self.chance(0.7) else f"{base}⁻{self.pick.choice('¹²')}"
        exponent = self.pick.choice(
            ("2", "3", "-1", "-2", "0.5", "2**2", "-2**2", "(1/2)", "-1/2", "x", "0", "1", "10", "")
        )
        return f"{base}{self.space()}**{self.space()}{exponent or self.signed(depth - 1)}"

    def atom(self, depth):
        kind = self.pick.random()
        if depth <= 0 or kind < 0.3:
            if self.pasted and self.chance(0.15):
                return self.pick.choice(("½", "¼", "√x", "√2", "π"))
            return self.pick.choice(NUMBERS) if self.chance(0.45) else self.name()
        if kind < 0.5:
            return f"({self.sum(depth - 1)})"
        return self.call(depth - 1)

    def name(self):
        return (
            self.pick.choice(("pi", "E", "I", "GoldenRatio", "EulerGamma"))
            if self.chance(0.12)
            else self.pick.choice(NAMES).replace("lamda", "lamda")
        )

    def call(self, depth):
        kind = self.pick.random()
        if kind < 0.5:
            return f"{self.pick.choice(ONE)}({self.sum(depth)})"
        if kind < 0.7:
            comma = f",{self.space()}"
            return f"{self.pick.choice(TWO)}({self.sum(depth)}{comma}{self.sum(depth)})"
        if kind < 0.76:
            return f"Rational({self.pick.choice(('1', '-3', '4'))}, {self.pick.choice(('2', '-5', '7'))})"
        if kind < 0.82:
            return f"diff({self.sum(depth)}, x{self.pick.choice(('', ', 2'))})"
        if kind < 0.9:
            low, high = self.pick.choice(LOWEST), self.pick.choice(HIGHEST)
            return f"{self.pick.choice(('Sum', 'Product'))}({self.over('n', depth)}, (n, {low}, {high}))"
        branches = [f"({self.sum(depth)}, {self.condition(depth)})" for _ in range(self.pick.randint(1, 2))]
        return f"Piecewise({', '.join(branches)}, ({self.sum(depth)}, {self.pick.choice(('True', 'otherwise'))}))"

    def over(self, index, depth):
        return (
            self.sum(depth).replace("y", index)
            if depth < 1
            else f"{index}{self.sign('*', '/', '+', '-')}{self.sum(depth)}"
        )

    def condition(self, depth):
        kind = self.pick.random()
        if kind < 0.6:
            return self.comparison(depth)
        if kind < 0.7:
            return f"{self.pick.choice(('Lt', 'Le', 'Gt', 'Ge', 'Eq', 'Ne'))}({self.sum(depth)}, {self.sum(depth)})"
        if kind < 0.8:
            return f"{self.pick.choice(('And', 'Or'))}({self.condition(depth)}, {self.condition(depth)})"
        if kind < 0.9:
            a, b = (f"({self.comparison(depth)})" for _ in "ab")
            return f"{a} {self.pick.choice('&|')} {b}"
        return f"Not({self.condition(depth)})" if self.chance(0.5) else f"~({self.comparison(depth)})"

    def comparison(self, depth):
        text = self.sum(depth) + self.sign(*ORDERS) + self.sum(depth)
        return text if self.chance(0.8) else text + self.sign(*ORDERS) + self.sum(depth)


def number_formula(seed, depth=2, pasted=False):
    return Writer(seed, pasted).sum(depth)


def statement(seed, depth=1, pasted=False):
    return Writer(f"statement {seed}", pasted).condition(depth)


# --- vector formulas ----------------------------------------------------------------------------------------------

VECTORS = ("h[t-1]", "h[t]", "b", "h[t - 1]", "c", "h")
SMOOTH = """
    exp tanh sin cos sigmoid Abs sinh atan softplus swish softsign square leaky_relu elu relu identity expm1 sqrt log
    cbrt""".split()  # noqa: SIM905
SLOPED = "tanh sigmoid swish softplus exp sin elu leaky_relu softsign".split()  # noqa: SIM905
RANGES = (("1", "t"), ("1", "T"), ("t", "T"), ("2", "3"), ("1", "0"), ("t", "t"), ("0", "t-1"), ("2", "t-1"))
POWERS = ("2", "3", "-1", "2**2", "0.5", "-2", "(1/2)", "1")
SCALARS = ("w", "alpha", "s[t-1]", "u[t]", "u", "2", "0.5", "3", "pi", "E", "k", "beta", "gamma", "t", "n", "e", "1e-1")


class VectorWriter:
    """Writes formulas of shapes in n, m and 1; a scalar has none. Some parts may be of a wrong shape."""

    def __init__(self, seed, wrong=0.0, in_cell=False):
        self.pick = random.Random(f"vector {seed}")
        self.wrong, self.in_cell, self.entries, self.indices = wrong, in_cell, [], []

    def chance(self, p):
        return self.pick.random() < p

    def space(self):
        return self.pick.choice(("", " "))

    def wanted(self, shape):
        if self.wrong and self.chance(self.wrong):
            return self.pick.choice(((), ("n", "1"), ("m", "1"), ("n", "n"), ("n", "m"), ("1", "n"), ("1", "1")))
        return shape

    def sum(self, shape, depth):
        shape = self.wanted(shape)
        text = self.product(shape, depth)
        while self.chance(0.35):
            other = () if shape and self.chance(0.2) else shape
            text += f" {self.pick.choice('+-')} {self.product(other, depth)}"
        return text

    def product(self, shape, depth):
        """A chain of scalars and of matrices, of which the signs and their order are all there is."""
        text = self.pick.choice(("", "", "", "-", "2*", "0.5*", "-w*"))
        kind = self.pick.random()
        if shape and depth > 0 and kind < 0.4:
            middle = self.pick.choice(("n", "n", "m"))
            left, right = (shape[0], middle), (middle, shape[1])
            text += f"{self.factor(left, depth - 1)} @ {self.factor(right, depth - 1)}"
        else:
            text += self.factor(shape, depth)
        while self.chance(0.25):
            text += f"{self.space()}{self.pick.choice('*/')}{self.space()}{self.factor((), depth - 1)}"
        return text

    def factor(self, shape, depth):
        if self.chance(0.1):
            return f"-{self.factor(shape, depth)}"
        text = self.atom(self.wanted(shape), depth)
        if self.chance(0.12) and shape in (("n", "1"), ("m", "1"), ("n", "n"), ()):
            exponents = ("2", "3", "1", "0") if shape == ("n", "n") else POWERS
            text += f"**{self.pick.choice(exponents)}" if not text.startswith("-") else ""
        return text

    def atom(self, shape, depth):
        if depth <= 0 or self.chance(0.25):
            return self.leaf(shape)
        kind = self.pick.random()
        if kind < 0.2:
            return f"({self.sum(shape, depth - 1)})"
        if kind < 0.35:
            function = self.pick.choice(SMOOTH)
            return f"{function}({self.sum(shape, depth - 1)})"
        if kind < 0.42:
            parameter = f", {self.factor((), depth - 1)}"
            return f"{self.pick.choice(('leaky_relu', 'elu'))}({self.sum(shape, depth - 1)}{parameter})"
        if kind < 0.5:
            name = self.pick.choice(SLOPED)
            extra = f", {self.factor((), 0)}" if name in ("elu", "leaky_relu") and self.chance(0.5) else ""
            return f"slope({name}, {self.sum(shape, depth - 1)}{extra})"
        if kind < 0.58:
            return f"hadamard({self.sum(shape, depth - 1)}, {self.sum(shape if self.chance(0.8) else (), depth - 1)})"
        own = self.own(shape, depth - 1)
        return own if own else f"({self.sum(shape, depth - 1)})"

    def own(self, shape, depth):
        """What there is for some shapes alone."""
        choices = []
        if shape:
            choices += [lambda: self.of_entry(shape, depth)] * 2
            choices += [lambda: f"({self.sum(shape[::-1], depth)}).T"]
            if not self.in_cell:
                choices += [lambda: self.over_time("sum", shape, depth)]
            if shape[0] == shape[1] == "n":
                choices += [lambda: f"diag({self.sum(('n', '1'), depth)})"] * 2
                choices += [lambda: f"outer({self.sum(('n', '1'), depth)}, {self.sum(('n', '1'), depth)})"]
                if not self.in_cell:
                    choices += [lambda: self.over_time("product", shape, depth)] * 2
            if shape == ("n", "m"):
                choices += [lambda: f"outer({self.sum(('n', '1'), depth)}, {self.sum(('m', '1'), depth)})"]
            if shape[1] == "1" and shape[0] != "1":
                choices += [lambda: f"softmax({self.sum(shape, depth)})"]
                ends = {"n": ("n", "0:n"), "m": ("n", "0:m")}[shape[0]]
                choices += [lambda: f"concatenate({self.sum(shape, depth)}, {self.sum(('m', '1'), depth)})[{ends[1]}]"]
                choices += [
                    lambda: f"concatenate({self.sum(('m', '1'), depth)}, {self.sum(shape, depth)})[m:m+{shape[0]}]"
                ]
            if shape == ("1", "1"):
                choices += [lambda: f"dot({self.sum(('n', '1'), depth)}, {self.sum(('n', '1'), depth)})"]
                choices += [lambda: f"logsumexp({self.sum(('n', '1'), depth)})"]
        else:
            choices += [lambda: f"trace({self.sum(('n', 'n'), depth)})"] * 2
            choices += [lambda: self.cases(depth)]
            choices += [lambda: f"Max({self.sum((), depth)}, {self.sum((), depth)})"]
            if not self.in_cell:
                choices += [lambda: self.over_time(self.pick.choice(("sum", "product")), shape, depth)]
        return self.pick.choice(choices)()

    def cases(self, depth):
        one, left, right, other = (self.sum((), depth) for _ in range(4))
        return f"Piecewise(({one}, {left} {self.pick.choice(('<', '<=', '>', '>='))} {right}), ({other}, True))"

    def of_entry(self, shape, depth):
        argument = self.sum(shape, depth)
        letter = self.pick.choice("yzvk")
        self.entries.append(letter)
        body = f"{letter}{self.pick.choice(('*', '+', '-', '/', '**'))}{self.sum((), depth)}"
        self.entries.pop()
        return f"elementwise({letter}, {body}, {argument})"

    def over_time(self, name, shape, depth):
        index = self.pick.choice("kij")
        low, high = self.pick.choice(RANGES)
        if name == "product" and shape and (low, high) in (("1", "0"), ("2", "t-1")):
            low = "0"
        self.indices.append(index)
        body = self.sum(shape, depth)
        self.indices.pop()
        return f"{name}({body}, ({index}, {low}, {high}))"

    def leaf(self, shape):
        if self.indices and shape in ((), ("n", "1"), ("m", "1")) and self.chance(0.6):
            index = self.pick.choice(self.indices)
            return {
                (): self.pick.choice((f"u[{index}]", index, f"s[{index}]")),
                ("n", "1"): f"h[{index}]",
                ("m", "1"): f"x[{index}]",
            }[shape]
        if shape == () and self.entries and self.chance(0.6):
            return self.pick.choice(self.entries)
        if shape == ():
            return self.pick.choice(
                (
                    "w",
                    "alpha",
                    "s[t-1]",
                    "u[t]",
                    "u",
                    "2",
                    "0.5",
                    "3",
                    "pi",
                    "E",
                    "k",
                    "beta",
                    "gamma",
                    "t",
                    "n",
                    "e",
                    "1e-1",
                )
            )
        leaves = {
            ("n", "1"): (*VECTORS, "ones(n)", "W @ h[t-1]", "h[t-1][0:n]", "concatenate(h, x)[0:n]"),
            ("m", "1"): ("x[t]", "x", "x[t]", "ones(m)", "a", "concatenate(h, x)[n:n+m]"),
            ("n", "n"): (
                "W",
                "V",
                "W.T",
                "eye(n)",
                "diag(b)",
                "outer(b, c)",
                "W[0:n, :]",
                "W[:, 0:n]",
                "blocks([[W]])",
            ),
            ("n", "m"): ("U", "U", "outer(b, a)", "ones(n, m)", "U[:, 0:m]"),
            ("m", "n"): ("U.T", "outer(a, b)"),
            ("m", "m"): ("eye(m)", "outer(a, a)", "U.T @ U"),
            ("1", "n"): ("b.T", "h[t-1].T", "h.T"),
            ("1", "m"): ("a.T", "x[t].T"),
            ("1", "1"): ("dot(b, c)", "b.T @ c"),
        }[shape]
        text = self.pick.choice(leaves)
        return f"({text})" if " @ " in text else text


SHAPES = ((), ("n", "1"), ("n", "1"), ("m", "1"), ("n", "n"), ("n", "m"), ("1", "1"))


def vector_formula(seed, depth=2, wrong=0.0, in_cell=False):
    """A text, and the shape that was wanted."""
    writer = VectorWriter(seed, wrong, in_cell)
    shape = writer.pick.choice(SHAPES)
    return writer.sum(shape, depth), shape
