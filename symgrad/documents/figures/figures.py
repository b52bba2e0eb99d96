"""Figures: their points, and how they look as SVG, PDF and CSV, the same bytes on every run."""

from __future__ import annotations

import csv
import io
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from textwrap import fill
from typing import Any
from xml.etree import ElementTree

import matplotlib
from flint import arb
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas
from matplotlib.mathtext import MathTextParser
from matplotlib.ticker import FuncFormatter, MaxNLocator
from sympy import Equality, Expr

from symgrad.claims.derivations import Curve, Field, Figure, Orbit, Points
from symgrad.compute.run.graphs import Point, curve_points, decimal, magnitude, orbit_points
from symgrad.documents.tree.wording import printable
from symgrad.symbols.notation import latex

# Whoever sets up logging for all of a program would hear of every letter that goes into a font.
logging.getLogger("fontTools").setLevel(logging.WARNING)

DIGITS = 15

# The palette of Okabe and Ito, which people with any kind of colour vision tell apart; styles differ as well.
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
STYLES = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)), (0, (1, 3)))

# Stands for the colour of the text around the figure, which is not known here: dark on paper, light at night.
INK = "#123456"

STYLE = {
    "svg.hashsalt": "symgrad",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    "mathtext.fontset": "stix",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": INK,
    "grid.alpha": 0.15,
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.8,
    "legend.frameon": False,
    "figure.figsize": (5.6, 3.5),
    "figure.constrained_layout.use": True,
}
MARKED_STEPS = 40
FIELD_LEVELS = 14
INK_OF_LINES = "#000000"  # on colours, whatever is around the figure
LABEL_WIDTH = 50
LEAST_FONT, FONT_STEP = (
    6,
    0.25,
)  # in points; smaller letters are not smaller by the same factor, being set on whole dots


@dataclass(frozen=True)
class Series:
    """One line of a figure: its label and its points."""

    label: str | Expr
    points: tuple[Point, ...]
    is_orbit: bool

    @property
    def column(self) -> dict[str, str]:
        """Its values in digits, by the digits of their place."""
        return {decimal(x, DIGITS): "" if y is None else decimal(y, DIGITS) for x, y in self.points}


@dataclass(frozen=True)
class Drawing:
    """A figure with all its points computed."""

    figure: Figure
    series: tuple[Series, ...]

    @classmethod
    def of(cls, figure: Figure) -> Drawing:
        """Compute the points of a figure, every digit certain.

        Raises
        ------
        PrecisionError
            If they cannot be made certain.
        """
        curves = (curve for curve in figure.curves if not isinstance(curve, Field))
        return cls(figure, tuple(_series(curve, figure.log10) for curve in curves))

    @property
    def field(self) -> Field | None:
        return next((curve for curve in self.figure.curves if isinstance(curve, Field)), None)

    def csv(self) -> str:
        """The points as a table, x and a column for each line; values below the smallest double keep their digits."""
        columns = [series.column for series in self.series]
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        if self.field is not None:
            writer.writerow(map(_plain, (self.figure.x_label, self.figure.y_label, self.field.label)))
            places = ((x, y) for y in self.field.ys for x in self.field.xs)
            values = (value for row in self.field.rows for value in row)
            writer.writerows((*map(repr, place), repr(value)) for place, value in zip(places, values))
            return out.getvalue()
        writer.writerow([_plain(self.figure.x_label), *(_plain(series.label) for series in self.series)])
        for x in sorted(set().union(*columns), key=Decimal):
            writer.writerow([x, *(column.get(x, "") for column in columns)])
        return out.getvalue()

    def svg(self, prefix: str, name: str) -> str:
        """The drawing as an SVG element that may stand inside HTML; all its ids begin with the prefix."""
        drawn = io.BytesIO()
        metadata = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        with _canvas(self) as canvas:
            canvas.savefig(drawn, format="svg", transparent=True, metadata=metadata)
        return _for_inlining(drawn.getvalue(), prefix, {"title": name, "desc": self.figure.alt})

    def picture(self, style: str) -> bytes:
        """The drawing as an SVG file, which knows no page around it and brings its style along."""
        svg = self.svg("figure", self.figure.alt)
        return printable(svg.replace("</title>", f"</title><style>{style}</style>", 1)).encode("utf-8")

    def pdf(self) -> bytes:
        """The drawing as a PDF of one page, in black on white."""
        drawn = io.BytesIO()
        metadata = dict.fromkeys(("CreationDate", "Creator", "Producer"))
        with _canvas(self, ink="black") as canvas:
            canvas.savefig(drawn, format="pdf", metadata=metadata)
        return drawn.getvalue()


def _plain(label: str | Expr) -> str:
    """A label as plain text."""
    text = f"{label.lhs} = {label.rhs}" if isinstance(label, Equality) else str(label)
    return " ".join(printable(text).split())


def _series(curve: Any, log10: bool) -> Series:
    if isinstance(curve, Points):
        return Series(curve.label, tuple(Point(arb(x), arb(y)) for x, y in zip(curve.xs, curve.ys)), True)
    points = (curve_points if isinstance(curve, Curve) else orbit_points)(curve, DIGITS, relative=log10)
    return Series(curve.label, tuple(points), not isinstance(curve, Curve))


@contextmanager
def _canvas(drawing: Drawing, ink: str = INK) -> Iterator[Canvas]:
    """The figure drawn in our style, whatever style the user has set for matplotlib."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({key: ink if value == INK else value for key, value in STYLE.items()})
        canvas = Canvas()
        FigureCanvasAgg(canvas)
        _draw(canvas.add_subplot(), drawing)
        yield canvas


def _draw(axes: Any, drawing: Drawing) -> None:
    figure = drawing.figure
    if drawing.field is not None:
        _draw_field(axes, drawing.field)
    for number, series in enumerate(drawing.series):
        xs, ys = _coordinates(series, figure.log10)
        marker = "o" if series.is_orbit and len(xs) <= MARKED_STEPS else None
        style = STYLES[number % len(STYLES)]
        axes.plot(xs, ys, color=PALETTE[number % len(PALETTE)], linestyle=style, marker=marker, markersize=3.5)
    _label(axes.set_xlabel(""), figure.x_label)
    _label(axes.set_ylabel(""), figure.y_label)
    if figure.log10:
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda power, _: f"$10^{{{power:.0f}}}$"))
    if len(drawing.series) > 1 or _is_labelled(figure):
        _legend(axes, drawing)


def _is_labelled(figure: Figure) -> bool:
    """Whether the author has given the only line of a figure a label of its own."""
    if len(figure.curves) != 1:
        return False
    (curve,) = figure.curves
    own = curve.of if isinstance(curve, Curve | Orbit) else None
    return not isinstance(curve, Field) and curve.label not in (own, figure.y_label)


def _draw_field(axes: Any, field: Field) -> None:
    """Colours between lines of equal height; if there are both signs, 0 is the white in the middle and a line."""
    least, most = (choose(map(choose, field.rows)) for choose in (min, max))
    has_both = least < 0 < most
    levels = MaxNLocator(FIELD_LEVELS, symmetric=False).tick_values(least, most)
    size = max(-least, most)
    limits = {"vmin": -size, "vmax": size} if has_both else {}
    drawn = axes.contourf(field.xs, field.ys, field.rows, levels, cmap="RdBu_r" if has_both else "viridis", **limits)
    if has_both:
        axes.contour(field.xs, field.ys, field.rows, [0.0], colors=[INK_OF_LINES], linewidths=1.2)
    axes.grid(visible=False)
    bar = axes.figure.colorbar(drawn, ax=axes)
    _label(bar.ax.set_ylabel(""), field.label)


def _legend(axes: Any, drawing: Drawing) -> None:
    """The labels of the lines, above the frame, where they hide nothing: in as many columns as have room."""
    room = axes.figure.bbox.width
    for columns in range(len(drawing.series), 0, -1):
        legend = _with_columns(axes, drawing, columns)
        width = legend.get_window_extent(axes.figure.canvas.get_renderer()).width
        if width <= room:
            return
        if columns > 1:
            legend.remove()
    widest = max(text.get_window_extent().width for text in legend.get_texts())
    room -= width - widest  # what stands beside the labels
    for text, series in zip(legend.get_texts(), drawing.series):
        _fit(text, series.label, room)


def _fit(text: Any, label: str | Expr, room: float) -> None:
    """Make the letters of a label smaller until it has room; a formula that nobody could read then is text in lines."""
    for _ in range(2):
        while text.get_window_extent().width > room and text.get_fontsize() > LEAST_FONT:
            text.set_fontsize(max(LEAST_FONT, text.get_fontsize() - FONT_STEP))
        if text.get_window_extent().width <= room:
            return
        text.set_parse_math(False)
        text.set_text(fill(_plain(label), LABEL_WIDTH))


def _with_columns(axes: Any, drawing: Drawing, columns: int) -> Any:
    legend = axes.figure.legend(
        axes.lines, ["-"] * len(axes.lines), loc="outside upper center", ncols=columns, handlelength=3.2
    )
    for text, series in zip(legend.get_texts(), drawing.series):
        _label(text, series.label)
    return legend


def _coordinates(series: Series, log10: bool) -> tuple[list[float], list[float]]:
    """Where the points go on paper; a gap where there is nothing to show."""
    height = _height_log10 if log10 else float
    return [float(x) for x, _ in series.points], [float("nan") if y is None else height(y) for _, y in series.points]


def _height_log10(value: arb) -> float:
    return float("nan") if value.is_zero() else magnitude(value)


def _label(text: Any, label: str | Expr) -> None:
    """Set a label: mathematics as mathematics, text as it is, signs of TeX in it included."""
    formula = None if isinstance(label, str) else _mathtext(label)
    text.set_parse_math(formula is not None)
    text.set_text(formula or fill(_plain(label), LABEL_WIDTH))


def _mathtext(expression: Expr) -> str | None:
    """The expression in matplotlib's dialect of TeX; None where that has no words for it."""
    formula = f"${latex(expression)}$".replace(r"\frac", r"\dfrac")
    if r"\text" in formula:
        return None
    try:
        MathTextParser("path").parse(formula)
    except ValueError:
        return None
    return formula


SVG = "http://www.w3.org/2000/svg"
XLINK = "{http://www.w3.org/1999/xlink}href"


def _for_inlining(drawn: bytes, prefix: str, names: dict[str, str]) -> str:
    """The SVG with the colours and the width of the page around it, named for those who cannot see it."""
    root = ElementTree.fromstring(drawn)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        _adapt(element, prefix)
    for element in list(root):
        if element.tag == "metadata" or element.find("style") is not None:
            root.remove(element)
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    for place, (tag, text) in enumerate(names.items()):
        element = ElementTree.Element(tag, {"id": f"{prefix}-{tag}"})
        element.text = text
        root.insert(place, element)
    root.attrib |= {
        "xmlns": SVG,
        "role": "img",
        "aria-labelledby": " ".join(f"{prefix}-{tag}" for tag in names),
        "style": "stroke-linejoin: round; stroke-linecap: butt",
    }
    return ElementTree.tostring(root, encoding="unicode")


def _adapt(element: ElementTree.Element, prefix: str) -> None:
    if "id" in element.attrib:
        element.set("id", f"{prefix}-{element.get('id')}")
    if XLINK in element.attrib:
        element.set("href", f"#{prefix}-{element.attrib.pop(XLINK)[1:]}")
    for name, value in element.attrib.items():
        value = re.sub(r"url\(#", f"url(#{prefix}-", value).replace(INK, "currentColor")
        for number, colour in enumerate(PALETTE, 1):
            value = value.replace(colour, f"var(--curve-{number}, {colour})")
        element.set(name, value)
