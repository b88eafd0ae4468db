"""The picture of a tree as it grows: one SVG with a small tree for each step, no script in it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from cgp.fractal.activity import TreeActivity
from cgp.fractal.growth import Growth, Reshape

_WIDTH: Final = 280
_HEIGHT: Final = 240
_ACROSS: Final = 4
_MARGIN: Final = 24
# The newest steps are the ones that a reader asks for; a longer picture is slow to open.
_MOST_FRAMES: Final = 60
_LEAST_RADIUS, _MOST_RADIUS = 4.0, 14.0
# They differ in brightness too, for readers who see no hue.
_KEPT_COLOUR, _REFUSAL_COLOUR, _PLAIN = "#00705f", "#a11d33", "#2f6fb3"


@dataclass(frozen=True, slots=True)
class _Frame:
    """One small tree: its caption, its nodes, and nodes that are marked or only tried."""

    caption: str
    nodes: tuple[str, ...]
    mark: str | None = None
    colour: str = _PLAIN
    tries: tuple[str, ...] = ()


def tree_svg(
    nodes: Sequence[str], steps: Sequence[Growth] = (), activity: TreeActivity | None = None
) -> str:
    """Return the picture of a tree, ``nodes`` its paths, after a small tree for each step.

    A division that was refused shows its children dashed. With ``activity`` the last tree's nodes
    are as large as the attention that they get.
    """
    frames = [_step_frame(number, step) for number, step in enumerate(steps, 1)][-_MOST_FRAMES:]
    return _svg([*frames, _whole_frame("now", nodes)], activity)


def versions_svg(versions: Sequence[Sequence[str]]) -> str:
    """Return the picture of the versions of a tree, each by its paths, the newest last.

    Raises:
        ValueError: if there is none.
    """
    if not versions:
        raise ValueError("a picture needs a tree at least")
    frames = [_whole_frame(f"version {n}", nodes) for n, nodes in enumerate(versions, 1)]
    return _svg(frames[-_MOST_FRAMES:], None)


def _whole_frame(name: str, nodes: Sequence[str]) -> _Frame:
    known = frozenset(nodes)
    leaves = sum(f"{path}l" not in known for path in nodes)
    return _Frame(f"{name}: {leaves} leaves, depth {max(map(len, nodes))}", tuple(nodes))


def _svg(frames: Sequence[_Frame], activity: TreeActivity | None) -> str:
    across = min(_ACROSS, len(frames))
    down = -(-len(frames) // across)
    width, height = across * _WIDTH, down * _HEIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"'
        ' font-family="sans-serif" font-size="12" role="img" aria-label="fractal tree">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for place, frame in enumerate(frames):
        x, y = place % across * _WIDTH, place // across * _HEIGHT
        is_last = place == len(frames) - 1
        parts.append(f'<g transform="translate({x} {y})">')
        parts += _draw(frame, activity if is_last else None)
        parts.append("</g>")
    return "\n".join([*parts, "</svg>\n"])


def _step_frame(number: int, step: Growth) -> _Frame:
    answer = "kept" if step.is_kept else "refused"
    colour = _KEPT_COLOUR if step.is_kept else _REFUSAL_COLOUR
    children = (f"{step.node}l", f"{step.node}r")
    # A division that was refused is not in the tree; its children are drawn as what was tried.
    is_gone = step.change is Reshape.DIVIDE and not step.is_kept
    caption = f"{number}. {step.change} {step.node or 'root'}: {answer}"
    return _Frame(caption, step.nodes, step.node, colour, children if is_gone else ())


def _draw(frame: _Frame, activity: TreeActivity | None) -> list[str]:
    places = _places((*frame.nodes, *frame.tries))
    attention = {node.path: node.attention for node in activity.nodes} if activity else {}
    parts = [f'<text x="{_MARGIN}" y="18">{escape(frame.caption)}</text>']
    for path, (x, y) in places.items():
        if path:
            up = places[path[:-1]]
            dashes = ' stroke-dasharray="3 3"' if path in frame.tries else ""
            parts.append(
                f'<line x1="{up[0]:.1f}" y1="{up[1]:.1f}" x2="{x:.1f}" y2="{y:.1f}"'
                f' stroke="#8a8f98"{dashes}/>'
            )
    for path, (x, y) in places.items():
        share = attention.get(path)
        label = path or "root"
        if share is not None:
            label += f": attention {share:.2f}"
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{_radius(share, len(places)):.1f}"'
            f' {_paint(path, frame)} stroke-width="1.5"><title>{escape(label)}</title></circle>'
        )
    return parts


def _radius(share: float | None, count: int) -> float:
    if share is None:
        # Many nodes are drawn smaller, so that neighbours do not cover each other.
        return max(2.0, 7.0 - count / 16)
    return _LEAST_RADIUS + (_MOST_RADIUS - _LEAST_RADIUS) * math.sqrt(min(1.0, max(0.0, share)))


def _paint(path: str, frame: _Frame) -> str:
    if path in frame.tries:
        return f'fill="#ffffff" stroke="{frame.colour}" stroke-dasharray="2 2"'
    colour = frame.colour if path == frame.mark else _PLAIN
    return f'fill="{colour}" stroke="{colour}"'


def _places(paths: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Return the centre of each node: leaves side by side, a parent between its children."""
    whole = set(paths)
    # In the order of their sides, so that no two edges cross: ``l`` comes before ``r``.
    leaves = sorted(path for path in whole if f"{path}l" not in whole)
    across: dict[str, float] = {path: (n + 0.5) / len(leaves) for n, path in enumerate(leaves)}
    for path in sorted(whole, key=len, reverse=True):
        if path not in across:
            across[path] = (across[f"{path}l"] + across[f"{path}r"]) / 2
    depth = max(map(len, whole)) or 1
    top, room = 48.0, _HEIGHT - 48.0 - _MARGIN
    return {
        path: (
            _MARGIN + across[path] * (_WIDTH - 2 * _MARGIN),
            top + room * len(path) / depth * 0.9,
        )
        for path in sorted(whole, key=lambda path: (len(path), path))
    }
