"""What notebooks show of a result that is a list of lines: a table, in which every text is escaped."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

COLOURS = {True: "#1b6e3c", False: "#b3261e", None: "#8a5a00"}


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
