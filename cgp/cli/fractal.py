"""``cgp fractal``: the tree of a fractal expert, its activity, and its picture as it grew."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from cgp.bounded_files import file_within
from cgp.cli.console import fail, input_errors, output, require_folder_of, write_json
from cgp.cli.conversations import FormatName, GivenConversations, Paths

if TYPE_CHECKING:
    from cgp.fractal import FractalNetwork
    from cgp.fractal.activity import TreeActivity

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    help="Look at an expert that grew, and learn what is new beside a corpus (docs/fractal.md).",
)
ExpertFile = Annotated[
    Path, typer.Argument(help="An expert of `cgp experts train --architecture fractal`.")
]


@app.command()
def plot(
    file: ExpertFile,
    out: Annotated[Path, typer.Option(help="File for the picture, SVG.")],
    growth: Annotated[
        Path | None,
        typer.Option(help="Steps of growth (`cgp experts train --growth`): a small tree for each."),
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option(
            help="A table of `cgp experts table`: nodes are as large as their attention in it."
        ),
    ] = None,
) -> None:
    """Draw the tree of a fractal expert, and how it grew."""
    # Imported here: `cgp fractal --help` then loads no model.
    from cgp.durable_files import write_whole
    from cgp.fractal.growth_file import MAX_GROWTH_BYTES, growth_from_bytes
    from cgp.fractal.picture import tree_svg

    network = _network(file)
    with input_errors():
        steps = (
            growth_from_bytes(file_within(growth, MAX_GROWTH_BYTES), str(growth)) if growth else ()
        )
    tree = _activity(network, table) if table else None
    write_whole(out, tree_svg(network.nodes, steps, tree).encode())
    output.print(
        f"{out}: {len(network.leaves)} leaves, {len(steps)} steps",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


@app.command()
def show(
    file: ExpertFile,
    table: Annotated[Path, typer.Argument(help="A table of `cgp experts table` to run it over.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Print the attention of each node over a table, and which leaves are open together."""
    tree = _activity(_network(file), table)
    if as_json:
        write_json(
            {
                "nodes": [
                    {
                        "path": node.path,
                        "is_leaf": node.is_leaf,
                        "attention": round(node.attention, 6),
                        "strength": round(node.strength, 6),
                        "hard_share": round(node.hard_share, 6),
                    }
                    for node in tree.nodes
                ],
                "leaves": list(tree.leaves),
                "co_activation": tree.co_activation.round(6).tolist(),
            }
        )
        return
    nodes = Table("node", "attention", "strength", "hard path", box=None, pad_edge=False)
    for node in tree.nodes:
        name = ("  " * len(node.path)) + (node.path or "root")
        nodes.add_row(
            name, f"{node.attention:.3f}", f"{node.strength:.4f}", f"{node.hard_share:.3f}"
        )
    output.print(nodes)
    # A single leaf is open with itself alone.
    if len(tree.leaves) > 1:
        together = Table("open together", *tree.leaves, box=None, pad_edge=False)
        for leaf, row in zip(tree.leaves, tree.co_activation.tolist(), strict=True):
            together.add_row(leaf, *(f"{value:.3f}" for value in row))
        output.print(together)


@app.command()
def corpus(
    paths: Paths,
    out: Annotated[Path, typer.Option(help="File for the corpus's latent model.")],
    format_name: FormatName = None,
    steps: Annotated[int, typer.Option(min=1, help="Maximum steps of the training.")] = 1500,
    seed: Annotated[int, typer.Option(help="Seed of the training.")] = 0,
) -> None:
    """Learn a corpus, so that `cgp quality --corpus` can say what is new beside it."""
    from cgp.durable_files import write_whole
    from cgp.embedders import default_embedder
    from cgp.fractal.latent_training import LatentPlan
    from cgp.fractal.novelty import learn_corpus

    require_folder_of("--out", out)
    inputs = GivenConversations(paths, format_name)
    with input_errors():
        conversations = list(inputs)
    novelty, result = learn_corpus(
        conversations, default_embedder(), LatentPlan(steps=steps, seed=seed)
    )
    write_whole(out, novelty.to_bytes())
    output.print(
        f"{out}: {len(conversations)} conversations; bound {result.bound:.1f} nats a window held out,"
        f" principal components {result.component_bound:.1f}",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    inputs.end()


@app.command()
def teach(
    file: Annotated[
        Path,
        typer.Argument(
            help='JSON: [{"question": "...", "answer": "..."}, ...] or [["question", "answer"], ...].'
        ),
    ],
    out: Annotated[Path, typer.Option(help="File for the talk model, for `cgp talk`.")],
    epochs: Annotated[int, typer.Option(min=1, max=1000, help="Epochs of the training.")] = 10,
    seed: Annotated[int, typer.Option(help="Seed of the training.")] = 0,
) -> None:
    """Learn questions and answers; each epoch shows figures on questions that are held out.

    Personal data is taken out first, as `cgp privacy` shows it.
    """
    from cgp.config import Settings
    from cgp.durable_files import write_whole
    from cgp.embedders import default_embedder
    from cgp.encoders import default_encoder
    from cgp.fractal.talk.pairs import MAX_PAIRS_BYTES, read_pairs
    from cgp.fractal.talk.talk_file import talk_to_bytes
    from cgp.fractal.talk.training import TalkPlan, train_talk
    from cgp.privacy import policy_of

    require_folder_of("--out", out)
    with input_errors():
        pairs = read_pairs(file_within(file, MAX_PAIRS_BYTES), str(file))
    result = train_talk(
        pairs,
        default_encoder(),
        default_embedder(),
        TalkPlan(epochs=epochs, seed=seed, policy=policy_of(Settings())),
        lambda figures: output.print(figures.line(), highlight=False, soft_wrap=True),
    )
    write_whole(out, talk_to_bytes(result.model))
    leaves = len(result.model.head.leaves)
    output.print(
        f"{out}: {len(pairs)} answers, head of {leaves} leaves, threshold"
        f" {result.model.threshold:g}",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


@app.command()
def studio(
    host: Annotated[str, typer.Option(help="Address to bind.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to bind.")] = 7860,
) -> None:
    """Serve a page to teach a talk model, talk with it, and let it talk with LM Studio (Gradio)."""
    from cgp.config import Settings
    from cgp.fractal.gradio_app import gradio_app
    from cgp.fractal.talk.own_studio import own_studio

    page = gradio_app(own_studio(Settings()))
    # No tunnel to a public address, whatever the environment says.
    page.queue().launch(server_name=host, server_port=port, share=False)


def _network(file: Path) -> FractalNetwork:
    from cgp.experts.expert_file import expert_from_file
    from cgp.fractal import FractalNetwork

    with input_errors():
        network = expert_from_file(file).network
    if not isinstance(network, FractalNetwork):
        fail(f"{file} is a {network.architecture} expert: only a fractal one has a tree")
    return network


def _activity(network: FractalNetwork, table: Path) -> TreeActivity:
    from cgp.experts.window_table import WindowTable
    from cgp.fractal.activity import activity

    with input_errors():
        rows = WindowTable.read(table).rows
    return activity(network, rows)
