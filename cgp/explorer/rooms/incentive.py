"""The incentive's room."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from cgp.explorer.explorer import ExplorerState
from cgp.explorer.incentive_view import HEIGHT, WIDTH, incentive_view
from cgp.explorer.network import RECENT_ANSWERS
from cgp.explorer.rendering import page

router = APIRouter()


@router.get("/incentive")
def show_incentive(request: Request, explorer: ExplorerState) -> HTMLResponse:
    """Show standings on the bell curve, rewards over time, clusters, the red team, gold windows."""
    view = incentive_view(
        explorer.store, explorer.clusters, explorer.data_dir, operator=explorer.operator
    )
    history: list[dict[str, Any]] = [
        {"block": line.block, "rewards": line.rewards} for line in view.history if line.success
    ]
    hotkeys = {hotkey for line in history for hotkey in line["rewards"]}
    values = {
        "view": view,
        "history": history,
        "names": {hotkey: explorer.names.shown(hotkey) for hotkey in hotkeys},
        # Of the answers that the live page looks at: a miner has the same colour on both.
        "uids": explorer.store.latest_uids(RECENT_ANSWERS),
        "width": WIDTH,
        "height": HEIGHT,
    }
    return page(request, "incentive.html", values, room="incentive")
