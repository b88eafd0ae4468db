"""A picture of rewards: standings with their uncertainty, the bell curve, and the weights.

Needs the extra ``plot`` (matplotlib), imported only when a picture is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cgp.extras import how_to_install
from cgp.scoring.rewards import bell, rewards
from cgp.scoring.settings import DEFAULTS, RewardSettings
from cgp.scoring.standings import Standing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FORMATS = (".png", ".svg", ".pdf")
# More names cannot be read in one picture.
_MAX_ROWS = 40


def plot_rewards(
    standings: Mapping[str, Standing],
    path: Path,
    *,
    clusters: Mapping[str, int] | None = None,
    weights: Mapping[str, float] | None = None,
    settings: RewardSettings = DEFAULTS.rewards,
) -> None:
    """Draw standings, curve and weights to ``path`` (.png, .svg or .pdf).

    ``weights`` are by hotkey (the shares of ``rewards`` where not given). At most 40 hotkeys are
    drawn by name, the best; all of them are on the curve.

    Raises:
        ValueError: if the file's ending is not a known format.
        RuntimeError: if matplotlib is not installed; the message says how to install it.
    """
    if path.suffix.lower() not in _FORMATS:
        raise ValueError(f"{path}: a plot is written as one of {', '.join(_FORMATS)}")
    figure = _new_figure()
    shares = rewards(standings, clusters, settings)
    hotkeys = sorted(standings, key=lambda hotkey: (-standings[hotkey].value, hotkey))
    standing_axes, curve_axes, weight_axes = figure.subplots(1, 3)
    _draw_standings(standing_axes, [standings[hotkey] for hotkey in hotkeys[:_MAX_ROWS]], settings)
    _draw_curve(curve_axes, standings, settings)
    bars = weights if weights is not None else shares
    _draw_bars(weight_axes, {hotkey: bars.get(hotkey, 0.0) for hotkey in hotkeys[:_MAX_ROWS]})
    figure.tight_layout()
    figure.savefig(path, metadata=_reproducible(path))


def _new_figure() -> Figure:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise RuntimeError(f"plots need matplotlib: {how_to_install('plot')}") from error
    return Figure(figsize=(15, 5))


def _draw_standings(axes: Axes, standings: list[Standing], settings: RewardSettings) -> None:
    rows = np.arange(len(standings))
    axes.errorbar(
        [standing.mean for standing in standings],
        rows,
        xerr=[standing.uncertainty for standing in standings],
        fmt="o",
        label="average and its standard error",
    )
    axes.plot(
        [standing.value for standing in standings], rows, "|", markersize=12, label="standing"
    )
    axes.axvline(settings.floor, linestyle=":", label="floor")
    _name_rows(axes, [standing.hotkey for standing in standings])
    axes.set_title("Standings (baseline = 1)")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=3, fontsize="small")


def _draw_curve(axes: Axes, standings: Mapping[str, Standing], settings: RewardSettings) -> None:
    values = np.array([standing.value for standing in standings.values()], dtype=np.float64)
    eligible = values[values > settings.floor]
    grid = np.linspace(0.0, max(1.5, float(values.max(initial=0.0)) * 1.1), 300)
    # The curve of the field as it stands: the grid is not a part of it.
    axes.plot(grid, bell(grid, settings, field=eligible), label="curve")
    axes.plot(values, bell(values, settings, field=eligible), "o", label="miners")
    axes.axvline(settings.floor, linestyle=":", label="floor")
    axes.set_title(f"Reward curve (steepness {settings.steepness:g})")
    axes.set_xlabel("standing")
    axes.legend(loc="upper left", fontsize="small")


def _draw_bars(axes: Axes, weights: Mapping[str, float]) -> None:
    axes.barh(np.arange(len(weights)), list(weights.values()))
    _name_rows(axes, list(weights))
    axes.set_title("Weights")


def _name_rows(axes: Axes, hotkeys: list[str]) -> None:
    axes.set_yticks(np.arange(len(hotkeys)), [hotkey[:8] for hotkey in hotkeys])
    axes.invert_yaxis()


def _reproducible(path: Path) -> dict[str, Any]:
    """Return metadata without a date, so that the same standings give the same file."""
    return (
        {}
        if path.suffix.lower() == ".png"
        else {"CreationDate" if path.suffix.lower() == ".pdf" else "Date": None}
    )
