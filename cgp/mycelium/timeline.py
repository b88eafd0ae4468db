"""The timeline of nodes as one SVG picture, made of their own logs: a line for each node."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Final

from cgp.foreign_text import shown
from cgp.mycelium.node_view import EventView

_LEFT: Final = 130
_WIDTH: Final = 960
_ROW: Final = 54
_TOP: Final = 40
_MOST_EVENTS: Final = 3000
# Colours that differ in brightness too, for readers who see no hue.
_MARKS: Final = {
    "start": ("#8a8f98", 4),
    "member": ("#2f6fb3", 6),
    "round": ("#00705f", 4),
    "move": ("#b3541e", 7),
    "evolution": ("#7a4fb3", 5),
    "budget_spent": ("#a11d33", 7),
}
EVENT_KINDS: Final = tuple(_MARKS)
"""Kinds of events that the picture shows."""


def _english_span(seconds: float) -> str:
    return f"{seconds:.0f} s"


@dataclass(frozen=True, slots=True)
class TimelineWords:
    """The words of the picture in one language, English by default.

    ``kinds`` names kinds of events, ``span`` tells a time span in seconds.
    """

    kinds: Mapping[str, str] = field(default_factory=dict)
    nothing: str = "no events yet"
    span: Callable[[float], str] = _english_span

    def kind(self, name: str) -> str:
        """Return the word for a kind of event."""
        return self.kinds.get(name) or name.replace("_", " ")


_ENGLISH: Final = TimelineWords()


def timeline_svg(events: Sequence[EventView], words: TimelineWords = _ENGLISH) -> str:
    """Return the picture; it holds no script and loads nothing."""
    events = [event for event in events if event.kind in _MARKS][-_MOST_EVENTS:]
    names = list(dict.fromkeys(sorted(event.node for event in events)))
    height = _TOP + _ROW * max(1, len(names)) + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + 30} {height}"'
        ' font-family="sans-serif" font-size="13" role="img" aria-label="timeline">',
        f'<rect width="100%" height="{height}" fill="#ffffff"/>',
    ]
    if events:
        first = min(event.at for event in events)
        last = max(event.at for event in events)
        parts += _legend(height, words)
        parts += [_line(names.index(name), name) for name in names]
        parts += [
            _mark(event, names.index(event.node), (event.at - first) / max(last - first, 1e-9))
            for event in events
        ]
        start, end = escape(words.span(0)), escape(words.span(last - first))
        parts.append(f'<text x="{_LEFT}" y="20">{start}</text>')
        parts.append(f'<text x="{_LEFT + _WIDTH}" y="20" text-anchor="end">{end}</text>')
    else:
        parts.append(f'<text x="20" y="{_TOP}">{escape(words.nothing)}</text>')
    return "\n".join([*parts, "</svg>\n"])


def _line(row: int, name: str) -> str:
    y = _TOP + _ROW * row + 20
    return (
        f'<line x1="{_LEFT}" y1="{y}" x2="{_LEFT + _WIDTH}" y2="{y}" stroke="#d5d8dc"/>'
        f'<text x="10" y="{y + 5}">{escape(shown(name))}</text>'
    )


def _mark(event: EventView, row: int, share: float) -> str:
    colour, radius = _MARKS[event.kind]
    x, y = _LEFT + share * _WIDTH, _TOP + _ROW * row + 20
    # A round whose head was not taken is a ring.
    is_refused = event.kind == "round" and not event.details.get("accepted")
    fill = "#ffffff" if is_refused else colour
    label = escape(shown(f"{event.node}: {event.kind} {_details(event)}"))
    return (
        f'<circle cx="{x:.1f}" cy="{y}" r="{radius}" fill="{fill}" stroke="{colour}"'
        f' stroke-width="1.5"><title>{label}</title></circle>'
    )


def _details(event: EventView) -> str:
    keep = ("group", "round", "loss", "to", "number")
    return " ".join(f"{name} {event.details[name]}" for name in keep if name in event.details)


def _legend(height: int, words: TimelineWords) -> list[str]:
    parts, x = [], _LEFT
    for kind, (colour, radius) in _MARKS.items():
        parts.append(f'<circle cx="{x}" cy="{height - 16}" r="{radius}" fill="{colour}"/>')
        word = escape(words.kind(kind))
        parts.append(f'<text x="{x + 12}" y="{height - 11}">{word}</text>')
        x += 130
    return parts
