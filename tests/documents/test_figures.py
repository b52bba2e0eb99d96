"""Figures: the same bytes on every run, readable in any light, and their numbers beside them."""

import csv
import io
import re
from decimal import Decimal
from xml.etree import ElementTree

import matplotlib
import pytest
from sympy import Derivative, Eq, Function, Piecewise, Sum, Symbol, log

from symgrad import ClaimError, curve, field, figure, orbit, points, real, sigmoid
from symgrad.documents.figures.figures import INK, PALETTE, Drawing, _canvas

x, p = real("x"), real("p")
BELL = figure(
    "A bell",
    curve(sigmoid(x).diff(x), x, -8, 8, samples=33),
    curve(sigmoid(x), x, -8, 8, label="100 $ <b>", samples=33),
    alt="A bell & <more>",
    x_label=x,
    y_label=Derivative(sigmoid(x), x),
)
FALL = figure(
    "A fall",
    orbit(p, {p: p / 4}, {p: 1}, 4000, label=Eq(p, 1)),
    alt="Down",
    x_label="steps",
    y_label="gradient",
    log10=True,
)


LOSSES = figure(
    "Losses", points([1, 2, 4], [0.5, 1e-3, 0.25], label="net"), alt="Down, up", x_label="k", y_label="loss", log10=True
)
HILL = figure(
    "A hill", field([0, 1, 2], [0, 1], [[-1, 0, 1], [-2, 1, 4]], label="height"), alt="Up", x_label=x, y_label="y"
)


@pytest.fixture(scope="module")
def svg():
    return Drawing.of(BELL).svg("bell", "Figure 1")


@pytest.mark.one_in(2)
@pytest.mark.parametrize("drawn", [BELL, FALL, LOSSES, HILL], ids=["curves", "orbit", "points", "field"])
def test_a_drawing_is_the_same_bytes_every_time(drawn):
    first, second = Drawing.of(drawn), Drawing.of(drawn)
    assert first.svg("a", "Figure 1") == second.svg("a", "Figure 1")
    assert first.pdf() == second.pdf()
    assert b"Date" not in first.pdf()


def test_the_style_of_the_user_changes_nothing_and_is_not_changed(svg):
    with matplotlib.rc_context({"axes.facecolor": "red", "font.size": 40, "lines.linewidth": 9}):
        assert Drawing.of(BELL).svg("bell", "Figure 1") == svg
        assert matplotlib.rcParams["font.size"] == 40


def test_an_svg_needs_nothing_from_outside(svg):
    assert set(re.findall(r"https?://[^\"]*", svg)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"<(script|style|image|metadata|\?xml|!DOCTYPE)", svg)


def test_every_id_of_an_svg_begins_with_its_prefix_and_every_use_finds_one(svg):
    root = ElementTree.fromstring(svg)
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert all(name.startswith("bell-") for name in ids)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"(?:href=\"|url\()#([^\")]+)", svg)) <= set(ids)


def test_an_svg_takes_the_colours_of_the_page(svg):
    assert INK not in svg
    assert "currentColor" in svg
    assert f"stroke: var(--curve-1, {PALETTE[0]})" in svg
    assert "background" not in svg


def test_lines_differ_in_more_than_colour(svg):
    styles = re.findall(r"clip-path=\"[^\"]*\" style=\"fill: none; ([^\"]*stroke: var\(--curve-[^\"]*)\"", svg)
    assert ["dasharray" in style for style in styles] == [False, True]


def test_an_svg_says_what_it_shows(svg):
    root = ElementTree.fromstring(svg)
    texts = {element.get("id"): element.text for element in root if element.tag.endswith(("title", "desc"))}
    assert texts == {"bell-title": "Figure 1", "bell-desc": "A bell & <more>"}
    assert (root.get("role"), root.get("aria-labelledby")) == ("img", "bell-title bell-desc")


def test_the_numbers_of_a_figure_keep_their_digits_below_the_smallest_double():
    rows = list(csv.reader(io.StringIO(Drawing.of(FALL).csv())))
    assert rows[0] == ["steps", "p = 1"]
    assert rows[1:3] == [["0", "1"], ["1", "0.25"]]
    assert rows[-1] == ["4000", f"{Decimal(4) ** -4000:.14e}"]


def test_the_numbers_of_curves_at_the_same_places_share_their_rows():
    rows = list(csv.reader(io.StringIO(Drawing.of(BELL).csv())))
    assert len(rows) == 34
    assert rows[17] == ["0", "0.25", "0.5"]


def test_there_is_a_gap_where_there_is_no_value():
    drawing = Drawing.of(figure("", curve(log(x), x, -1, 1, samples=3), alt="", x_label="", y_label=""))
    assert list(csv.reader(io.StringIO(drawing.csv())))[1:] == [["-1", ""], ["0", ""], ["1", "0"]]


@pytest.mark.parametrize(
    "label",
    [
        Symbol(r"\input{x}"),
        Function("<b>%s")(x),
        Piecewise((x, x > 0), (0, True)),
        "$",
        "$x",
        r"\frac",
        "x" * 400,
        "%_^",
    ],
    ids=str,
)
def test_any_label_can_be_drawn(label):
    drawn = figure(
        "", curve(x, x, 0, 1, label=label, samples=2), curve(x, x, 0, 1), alt="", x_label=label, y_label=label
    )
    assert Drawing.of(drawn).svg("a", "Figure 1").startswith("<svg ")


def legend_of(*labels):
    """The place of the legend in its figure, in dots, with the texts in it."""
    drawn = figure(
        "",
        *(curve(x**k, x, 0, 1, label=label, samples=2) for k, label in enumerate(labels)),
        alt="",
        x_label=x,
        y_label="y",
    )
    with _canvas(Drawing.of(drawn)) as canvas:
        canvas.canvas.draw()
        (legend,) = canvas.legends or [None]
        place = legend and legend.get_window_extent(canvas.canvas.get_renderer())
        return place, [text.get_text() for text in legend.get_texts()] if legend else [], canvas.bbox


LONG = Sum(x**p / (1 + x**2 + x**4) + log(1 + x**6), (p, 1, 100)) + sum(sigmoid(k * x) ** k for k in range(1, 9))


@pytest.mark.one_in(5)
@pytest.mark.parametrize(
    "label", ["f", "a slope", "a label of thirty letters, wide", "W" * 27, "W" * 60, LONG], ids=str
)
@pytest.mark.parametrize("number", range(1, 7))
def test_a_legend_with_any_number_of_labels_stands_within_its_figure(label, number):
    labels = [label if isinstance(label, str) else label + k for k in range(number)]
    place, texts, room = legend_of(*labels)
    assert len(texts) == number
    assert room.x0 <= place.x0
    assert place.x1 <= room.x1
    assert room.y0 <= place.y0
    assert place.y1 <= room.y1


def test_the_label_that_an_author_gives_a_single_line_is_shown_and_no_other():
    assert legend_of("the only one")[1] == ["the only one"]
    assert legend_of("y")[1] == []  # the name of the axis says it
    assert legend_of("")[1] == []
    one = figure("", points([1, 2], [1, 2], label="net"), alt="", x_label="k", y_label="loss")
    with _canvas(Drawing.of(one)) as canvas:
        assert [text.get_text() for text in canvas.legends[0].get_texts()] == ["net"]


def test_measured_numbers_are_given_as_they_are():
    assert Drawing.of(LOSSES).csv() == "k,net\n1,0.5\n2,0.001\n4,0.25\n"
    assert Drawing.of(HILL).csv().splitlines()[:3] == ["x,y,height", "0.0,0.0,-1.0", "1.0,0.0,0.0"]
    assert "Up" in Drawing.of(HILL).svg("hill", "Figure 1")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: points([1, 2], [1], label=""), "points have as many xs as ys; got 2 and 1"),
        (lambda: points([1], [float("nan")], label=""), "ys are finite numbers; got nan"),
        (lambda: field([1, 2], [1], [[1, 2, 3]], label=""), "a field over 2 xs and 1 ys has a row"),
        (
            lambda: figure("", *HILL.curves, *LOSSES.curves, alt="", x_label="", y_label=""),
            "a field has a figure for itself",
        ),
    ],
)
def test_measured_numbers_that_do_not_fit_are_named(make, message):
    with pytest.raises(ClaimError, match=message):
        make()
