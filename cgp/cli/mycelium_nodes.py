"""``cgp mycelium up``, ``status``, ``timeline``: nodes that improve the tag model together."""

from __future__ import annotations

import asyncio
import contextlib
import shlex
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.table import Table

from cgp.cli.console import fail, input_errors, messages, output, write_json
from cgp.cli.mycelium_notices import notices
from cgp.cli.next_commands import program
from cgp.cli.stop_signals import say_goodbye, stop_signal
from cgp.config import Settings
from cgp.counts import counted
from cgp.errors import CgpError
from cgp.extras import require_package
from cgp.telemetry import configure_logging

if TYPE_CHECKING:
    from cgp.mycelium.colony import Colony, ColonyPlan
    from cgp.mycelium.graph_store import SparqlPlace
    from cgp.mycelium.node_view import NodeView

Folder = Annotated[
    Path | None,
    typer.Option(help="Folder of the nodes (default: DATA_DIR/mycelium).", show_default=False),
]
_LOOK_SECONDS = 0.5
LEGEND = (
    "Updates: heads in the last round's average. Start, alone, in group: the loss of windows that"
    " the node holds out, in nats a candidate, less is better; of the released head, of the best that"
    " the node trains without others, and of the best that it took in its group. A head that is worse"
    " there is not taken, so they may be equal. All are chosen on the same few windows, so a small"
    " gain may be chance. Faults: wrong updates of others."
)
"""The words of the table of nodes."""
EPSILON_LEGEND = "Epsilon: how much the node's updates may tell of its windows, spent and allowed."


def up(
    nodes: Annotated[
        int,
        typer.Option(
            min=1,
            max=32,
            help="Nodes on this machine. One learns from your store; several share the bundled sample"
            " windows, to try it.",
        ),
    ] = 1,
    every: Annotated[
        float | None,
        typer.Option(min=0.2, help="Seconds between two trainings (default: SLEEP_TIME, else 5)."),
    ] = None,
    rounds: Annotated[int, typer.Option(min=0, help="End after so many rounds (0: never).")] = 0,
    gold: Annotated[
        list[Path] | None, typer.Option(help="Gold files that the node learns from too.")
    ] = None,
    nats_url: Annotated[
        str | None,
        typer.Option(help="Address of the NATS server of others (default: one of our own)."),
    ] = None,
    epsilon: Annotated[
        float,
        typer.Option(min=0.0, max=100.0, help="Budget of differential privacy (0: no noise)."),
    ] = 0.0,
    releases: Annotated[
        int,
        typer.Option(min=1, help="Updates that the budget is divided among; fewer is less noise."),
    ] = 3,
    trust: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GROUP=SHARE",
            help="Mix a share (above 0, at most 1) of another group's head into each training's start.",
        ),
    ] = None,
    travel: Annotated[
        bool,
        typer.Option(
            "--travel", help="Train heads of other groups further, and hand them on (no --epsilon)."
        ),
    ] = False,
    hotkey: Annotated[
        bool, typer.Option("--hotkey", help="Sign with the wallet's hotkey (one node only).")
    ] = False,
    activitypub: Annotated[
        bool,
        typer.Option(
            "--activitypub",
            help="Meet nodes by the actor of FEDIVERSE_BASE_URL too (one node only; docs/fediverse.md).",
        ),
    ] = False,
    host: Annotated[str, typer.Option(help="Address of the page.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the page.")] = 8096,
    folder: Folder = None,
) -> None:
    """Start nodes, the page /mycelium, and a NATS server unless another is named; Ctrl-C ends."""
    settings = Settings()
    configure_logging(settings.log)
    if nodes > 1 and (hotkey or gold or activitypub):
        fail(
            "--hotkey, --gold and --activitypub are for one node: several share the sample windows"
        )
    require_package("pyoxigraph")
    with wrong_values(), input_errors():
        from cgp.mycelium.node_plan import NodePlan

        plans = [
            NodePlan(
                f"node-{number + 1}",
                nats_url or "",
                every=settings.sleep_time if every is None else every,
                # Several nodes of one machine come up together: the first round waits for all.
                least_members=max(2, nodes),
                share=number,
                shares=nodes if nodes > 1 else 0,
                gold=tuple(str(path.absolute()) for path in gold or ()),
                epsilon=epsilon,
                releases=releases,
                trust=_shares(trust or ()),
                trains_travellers=travel,
                hotkey=hotkey,
                seed=number,
                activitypub=activitypub,
            )
            for number in range(nodes)
        ]
        # Found out here: a node's own process would end by it, and be started again and again.
        plans[0].check(settings)
        if activitypub:
            from cgp.mycelium.fediverse.at_work import actor_options

            actor_options(settings)
    from cgp.jobs.nats_server import ServerPlace
    from cgp.mycelium.colony import ColonyPlan

    section = settings.nats
    with wrong_values():
        plan = ColonyPlan(
            _folder(settings, folder),
            plans,
            nats_url or "",
            ServerPlace(section.host, 0, section.certificate, section.key_file),
            host,
            port,
            rounds,
            _sparql(settings),
        )
        number = asyncio.run(_run(plan))
    if number is not None:
        say_goodbye(number)


def status(
    folder: Folder = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Show the nodes of this machine: group, rounds, held-out loss, epsilon, faults of others."""
    settings = Settings()
    with wrong_values():
        _show(_views(_folder(settings, folder)), as_json=as_json)


def timeline(
    out: Annotated[Path, typer.Argument(help="SVG file to write.")],
    folder: Folder = None,
) -> None:
    """Draw what the nodes of this machine did, as one SVG picture."""
    from cgp.durable_files import write_whole
    from cgp.mycelium.node_view import node_events
    from cgp.mycelium.timeline import timeline_svg

    settings = Settings()
    with wrong_values():
        folders = _node_folders(_folder(settings, folder))
        events = [event for path in folders for event in node_events(path)]
        write_whole(out, timeline_svg(events).encode(), public=True)
    output.print(
        f"{out}: {counted(len(events), 'event')} of {counted(len(folders), 'node')}",
        highlight=False,
    )


async def _run(plan: ColonyPlan) -> int | None:
    """Run a colony to its end; return the number of the signal that stopped it, if one did."""
    from cgp.mycelium.colony import running_colony

    started = time.monotonic()
    stopping = stop_signal()
    async with running_colony(plan) as colony:
        messages.print(f"Page: {colony.page_url}", highlight=False)
        messages.print(f"NATS: {colony.nats_url}", highlight=False)
        for notice in notices(plan):
            messages.print(notice, highlight=False, soft_wrap=True)
        rounds = RoundLines(colony)
        work: list[asyncio.Future[Any]] = [
            stopping,
            asyncio.create_task(colony.until_over()),
            asyncio.create_task(rounds.follow()),
        ]
        try:
            ended, _ = await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in work:
                task.cancel()
            await asyncio.wait(work)
        for task in ended:
            task.result()  # where it failed, so does the command
        rounds.tell()  # those that were closed since the last look
    _show(_views(plan.folder), as_json=False)
    messages.print(f"{time.monotonic() - started:.0f} s", highlight=False)
    place = shlex.quote(str(plan.folder))
    messages.print(
        f"The nodes stay in {place}. To look again: {program()} mycelium status --folder {place}",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
    return stopping.result() if stopping in ended else None


class RoundLines:
    """Prints a line for each round that every node has closed since the colony began."""

    def __init__(self, colony: Colony) -> None:
        self._colony = colony
        self._last = 0

    async def follow(self) -> None:
        """Print lines until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            self.tell()

    def tell(self) -> None:
        """Print the lines of rounds that have none yet."""
        count = self._colony.rounds_of_this_run()
        if count == self._last:
            return
        views = {view.name: view for view in _views(self._colony.plan.folder)}
        for number in range(self._last + 1, count + 1):
            counts = ", ".join(
                str(views[name].rounds[before + number - 1].nodes)
                for name, before in self._colony.rounds_before.items()
            )
            messages.print(f"round {number}: {counts} updates aggregated", highlight=False)
        self._last = count


def _views(folder: Path) -> list[NodeView]:
    from cgp.mycelium.node_view import node_view

    return [node_view(path) for path in _node_folders(folder)]


def _node_folders(folder: Path) -> list[Path]:
    from cgp.mycelium.node_view import node_folders

    folders = node_folders(folder)
    if not folders:
        fail(
            f"{folder} holds no nodes",
            hint="start some: cgp mycelium up; or name another folder by --folder "
            "(./run_mycelium.sh says at its end where its nodes are)",
            status=1,
        )
    return folders


def _show(views: Sequence[NodeView], *, as_json: bool) -> None:
    if as_json:
        write_json([_document(view) for view in views])
        return
    table = Table(collapse_padding=True)
    has_budget = any(view.budget for view in views)
    losses = ("start", "alone", "in group")
    names = (
        "node",
        "group",
        "rounds",
        "updates",
        *losses,
        *(["epsilon"] if has_budget else []),
        "faults",
    )
    for name in names:
        is_text = name in {"node", "group"}
        # In a narrow terminal the long names of groups give way, not what tells nodes apart.
        justify: Literal["left", "right"] = "left" if is_text else "right"
        table.add_column(name, justify=justify, no_wrap=name != "group")
    for view in views:
        row = _document(view)
        table.add_row(
            row["name"],
            row["group"] or row["last_group"] or "–",
            str(row["rounds"]),
            str(row["updates_in_the_last"]),
            _loss(row["loss_released"]),
            _loss(row["loss_alone"]),
            _loss(row["best_loss"]),
            *([_spent(view)] if has_budget else []),
            str(len(view.faults)),
        )
    output.print(table)
    messages.print(LEGEND, highlight=False)
    if has_budget:
        messages.print(EPSILON_LEGEND, highlight=False)


def _document(view: NodeView) -> dict[str, Any]:
    last = view.rounds[-1] if view.rounds else None
    return {
        "name": view.name,
        "node": view.node,
        "group": view.group,
        "last_group": last.group if last else "",
        "rounds": len(view.rounds),
        "updates_in_the_first": view.rounds[0].nodes if last else 0,
        "updates_in_the_last": last.nodes if last else 0,
        "loss_before": view.first_loss,
        "loss_released": view.loss_released,
        "loss_alone": view.loss_alone,
        "best_loss": view.best_loss,
        "epsilon": view.epsilon,
        "budget": view.budget,
        "generations": view.generations,
        "faults": [{"node": n, "fault": f, "count": c} for n, f, c in view.faults],
    }


def _spent(view: NodeView) -> str:
    return f"{view.epsilon:.2f} / {view.budget:g}" if view.budget else "no noise"


def _loss(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _folder(settings: Settings, folder: Path | None) -> Path:
    return folder or settings.data_dir / "mycelium"


def _shares(texts: Sequence[str]) -> dict[str, float]:
    """Return the shares of ``--trust``, by group.

    Raises:
        ValueError: if a text is not a ``GROUP=SHARE``.
    """
    shares = {}
    for text in texts:
        group, _, share = text.partition("=")
        try:
            shares[group] = float(share)
        except ValueError:
            raise ValueError(f"--trust is GROUP=SHARE, such as harbour=0.3, not {text}") from None
    return shares


def _sparql(settings: Settings) -> SparqlPlace | None:
    from cgp.mycelium.graph_store import SparqlPlace

    section = settings.fuseki
    if not section.server_url:
        return None
    password = section.password.get_secret_value() if section.password else ""
    return SparqlPlace(section.server_url, section.database_name, section.user, password)


@contextlib.contextmanager
def wrong_values() -> Iterator[None]:
    """Turn a wrong value into a message; other errors end any command (``cgp.cli.errors``)."""
    try:
        yield
    except CgpError:
        # Some of them are ``ValueError`` too, and have a remedy.
        raise
    except ValueError as error:
        fail(str(error), status=1)
