"""``cgp models``: GGUF models of this machine, for the workers of the chat."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn
from rich.table import Table

from cgp.chat_models import CATALOGUE, ModelFile, ModelFileError, ModelFiles, models_folder
from cgp.chat_models.files import document
from cgp.chat_models.server import ServerPlan, command
from cgp.chat_models.speed import Speed, measure
from cgp.cli.console import fail, messages, output, write_json
from cgp.config import Settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    help="List, get, remove, serve and measure language models on this machine.",
)
# As disks and download pages count.
_MEGABYTE = 1_000_000


@app.command("list")
def list_models(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Read each file again and compare its hash.")
    ] = False,
) -> None:
    """List the models that are here, and the catalogue."""
    files = _files()
    with _errors():
        here = files.present()
        if verify:
            here = [files.verify(model.name) for model in here]
    if as_json:
        write_json([document(model) for model in here])
        return
    names = {model.name for model in here}
    table = Table(box=None, pad_edge=False)
    table.add_column("name", no_wrap=True)
    for heading in ("state", "size", "licence", "memory", "from"):
        table.add_column(heading, overflow="fold")
    for model in here:
        entry = CATALOGUE.get(model.name)
        memory = "" if entry is None else _megabytes(entry.memory)
        table.add_row(
            model.name, "here", _megabytes(model.size), escape(model.licence), memory,
            escape(model.origin),
        )  # fmt: skip
    for entry in CATALOGUE.values():
        if entry.name not in names:
            table.add_row(
                entry.name, "can be got", _megabytes(entry.size), entry.licence,
                _megabytes(entry.memory), f"{entry.parts[0].package}: {entry.note}",
            )  # fmt: skip
    output.print(table)


@app.command()
def get(
    name: Annotated[str, typer.Argument(help="A name of the catalogue, or one of your choice.")],
    url: Annotated[
        str | None, typer.Option(help="Address of a GGUF file.", show_default=False)
    ] = None,
    sha256: Annotated[
        str | None,
        typer.Option(
            help="SHA-256 that its publisher gives; needed with --url.", show_default=False
        ),
    ] = None,
) -> None:
    """Fetch a model, verify its hash, and only then give it its name.

    An interrupted download goes on with the same command.
    """
    files = _files()
    with _errors(), _progress(name) as show:
        if url is not None and sha256 is not None:
            model = files.get_url(name, url, sha256, show)
        elif url is not None or sha256 is not None:
            # The hash must come from the publisher: one that is made of the download proves
            # nothing.
            raise ModelFileError("--url and --sha256 belong together: no file is taken unverified")
        elif name in CATALOGUE:
            model = files.get(CATALOGUE[name], show)
        else:
            catalogue_names = ", ".join(CATALOGUE)
            raise ModelFileError(
                f"{name!r} is not in the catalogue ({catalogue_names}): give --url and --sha256"
            )
    output.print(f"{model.name}: {_megabytes(model.size)}, verified", highlight=False)
    messages.print(f"serve it: cgp models serve {model.name}", highlight=False)


@app.command()
def remove(name: Annotated[str, typer.Argument(help="A model that is here.")]) -> None:
    """Delete a model's file."""
    with _errors():
        there = _files().remove(name)
    if not there:
        fail(f"there is no model {name!r} here", hint="cgp models list", status=1)
    output.print(f"{escape(name)} is removed", highlight=False)


@app.command()
def serve(
    name: Annotated[str, typer.Argument(help="A model that is here.")],
    host: Annotated[str, typer.Option(help="Address to bind.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to bind (0: any).")] = 8080,
    context: Annotated[
        int, typer.Option(min=256, help="Tokens of context for each request.")
    ] = 4096,
    slots: Annotated[int, typer.Option(min=1, help="Requests at once.")] = 1,
    threads: Annotated[int, typer.Option(min=0, help="Threads (0: the server chooses).")] = 0,
) -> None:
    """Serve a model over the OpenAI API until Ctrl-C, by llama.cpp's server.

    `llama-server` of the system is used where there is one, else the wheel of the extra `models`.
    Then let a worker offer it: `cgp worker --help`.
    """
    with _errors():
        model = _model(name)
        # Only this is within the messages of errors: the server has its own way to fail.
        words = command(ServerPlan(model.path, host, port, context, slots, threads))
    try:
        status = subprocess.run(words, check=False).returncode  # noqa: S603 - llama.cpp's server
    # The terminal sends Ctrl-C to the server too, which ends by itself.
    except KeyboardInterrupt:
        status = 0
    raise typer.Exit(status)


@app.command()
def bench(
    names: Annotated[
        list[str] | None, typer.Argument(help="Models (default: all that are here).")
    ] = None,
    threads: Annotated[int, typer.Option(min=0, help="Threads (0: half of the processors).")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Measure tokens a second and memory of models on this machine."""
    # Half of the processors: two of them share one core's arithmetic on most machines.
    count = threads or max((os.cpu_count() or 2) // 2, 1)
    with _errors():
        models = [_model(name) for name in names] if names else _files().present()
        if not models:
            raise ModelFileError("there is no model here: cgp models get smollm2-135m-instruct")
        speeds = {model.name: measure(model.path, threads=count) for model in models}
    if as_json:
        write_json({name: _speed(speed) for name, speed in speeds.items()})
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("model")
    for heading in ("size", "prompt tokens/s", "answer tokens/s", "memory", "threads"):
        table.add_column(heading, justify="right")
    for model in models:
        speed = speeds[model.name]
        table.add_row(
            model.name, _megabytes(model.size), f"{speed.prompt_rate:.0f}", f"{speed.answer_rate:.0f}",
            "?" if speed.memory is None else _megabytes(speed.memory), str(speed.threads),
        )  # fmt: skip
    output.print(table)


def _files() -> ModelFiles:
    return ModelFiles(models_folder(Settings().data_dir))


def _model(name: str) -> ModelFile:
    model = _files().find(name)
    if model is None:
        raise ModelFileError(f"there is no model {name!r} here; cgp models list shows names")
    return model


def _speed(speed: Speed) -> dict[str, float | None]:
    return {
        "prompt_tokens": speed.prompt_tokens,
        "prompt_tokens_per_second": round(speed.prompt_rate, 1),
        "answer_tokens": speed.answer_tokens,
        "answer_tokens_per_second": round(speed.answer_rate, 1),
        "memory_bytes": speed.memory,
        "threads": speed.threads,
    }


def _megabytes(size: int) -> str:
    return f"{size / _MEGABYTE:,.0f} MB"


class _DownloadBar:
    """Shows how much of a file is there."""

    def __init__(self, bar: Progress, name: str) -> None:
        self._bar = bar
        self._task = bar.add_task(escape(name), total=None)

    def __call__(self, count: int, total: int | None) -> None:
        """Show the state of a download."""
        self._bar.update(self._task, completed=count, total=total)


@contextmanager
def _progress(name: str) -> Iterator[_DownloadBar]:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=messages, transient=True) as bar:
        yield _DownloadBar(bar, name)


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except ModelFileError as error:
        fail(str(error), status=1)
    except OSError as error:
        fail(f"{error.filename or 'disk'}: {error.strerror or error}", status=1)
