"""Texts as they are shown: on one line whatever they hold; and for notebooks as tables in which each is escaped."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape

COLOURS = {True: "#1b6e3c", False: "#b3261e", None: "#8a5a00"}
LONGEST = 200

# How values are written by what stands above them, such as a derivation as a page; the package fills it on import.
ABOVE: dict[str, Callable[[object], str]] = {}
_BREAKS = re.compile(r"[^\S ]+")
# Whatever ends a line, moves the cursor, colours, hides, or turns the direction of what follows.
_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb]"
)


def one_line(text: str) -> str:
    """A text of strangers on one line of a report: white space is a space, other signs without a shape are spelt out.

    Examples
    --------
    >>> print(one_line("a\\nPROVED    b\\x1b[2J"))
    a PROVED    b\\x1b[2J
    """
    return _UNSEEN.sub(lambda match: match[0].encode("unicode_escape").decode(), _BREAKS.sub(" ", text))


def shortened(text: str, longest: int = LONGEST) -> str:
    """The same, and never long."""
    line = one_line(text)
    return line if len(line) <= longest else f"{line[:longest]}…"


@dataclass(frozen=True)
class Word:
    """The word of a verdict, in the colour of what it says about the truth."""

    text: str
    holds: bool | None

    def _repr_html_(self) -> str:
        return f'<b style="color: {COLOURS[self.holds]}">{escape(self.text)}</b>'


def table(titles: Sequence[str], rows: Iterable[Sequence[str | Word]]) -> str:
    """A table as HTML."""
    head = "".join(f'<th scope="col">{escape(title)}</th>' for title in titles)
    body = "".join(f"<tr>{''.join(f'<td>{_cell(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: str | Word) -> str:
    return value._repr_html_() if isinstance(value, Word) else escape(value)
