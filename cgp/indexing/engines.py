"""Engines: run the same step over batches, in this process or on Ray's workers."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from cgp.annotators import AnnotationError, Annotator
from cgp.annotators.choose import open_annotator
from cgp.config import Settings
from cgp.conversation_json import conversation_from_json
from cgp.embedders import Embedder, default_embedder
from cgp.errors import CgpError
from cgp.extras import how_to_install
from cgp.indexing.batches import Batch, BatchResult
from cgp.indexing.rows import make_row, to_line
from cgp.metadata import Metadata
from cgp.privacy import Gate, RedactionPolicy, policy_of
from cgp.quality import QUALITY_VERSION, measure
from cgp.search import IndexedConversation
from cgp.windows import WindowPlan

EngineName = Literal["local", "ray"]


class EngineError(
    CgpError,
    code="indexing.engine",
    remedy="install the extra that the message names, or use --engine local",
):
    """An engine cannot run here; the message names the missing part."""


class Engine(Protocol):
    """Annotates batches; yields their outcomes in any order."""

    def run(self, batches: Iterable[Batch]) -> Iterator[BatchResult]:
        """Annotate batches as they come."""


def recipe_of(settings: Settings) -> str:
    """Return the recipe of a row: all that it depends on besides the conversation."""
    llm = settings.llm
    made_by = [llm.type, llm.model, llm.seed, llm.temperature, repr(WindowPlan.of(settings.window))]
    made_by += [default_embedder().id, settings.min_quality, QUALITY_VERSION]
    # The first number is the version of a row's form: a higher one makes every batch anew. So does
    # another version of the rules of redaction, or another key of the pseudonyms.
    return json.dumps([4, *made_by, policy_of(settings).name], sort_keys=True)


@dataclass(frozen=True)
class RowMaker:
    """Tools for making rows. ``embedder`` is the subnet's own: it cuts windows as for miners.

    Conversations of a quality below ``min_quality`` get no row.
    """

    annotator: Annotator
    embedder: Embedder
    plan: WindowPlan
    policy: RedactionPolicy
    min_quality: float = 0.0


Step = Callable[[Mapping[str, Any], RowMaker], Awaitable[str | None]]
"""Work of an engine on one document of a batch: a line, or None where there is none for it."""


async def annotate_batch(batch: Batch, maker: RowMaker, step: Step) -> BatchResult:
    """Return the lines of a batch; a conversation that cannot be annotated is named, not raised."""
    lines: list[str] = []
    problems: list[tuple[str, str]] = []
    for document in batch.documents:
        try:
            if (line := await step(document, maker)) is not None:
                lines.append(line)
        except (AnnotationError, ValueError) as error:
            problems.append((str(document["conversation"].get("id")), str(error)))
    return BatchResult(batch.name, tuple(lines), tuple(problems))


async def index_document(document: Mapping[str, Any], maker: RowMaker) -> str | None:
    """Return a conversation's row in the index as a line; None where its quality is too low.

    Raises:
        AnnotationError: if the annotator gives no answer.
        ValueError: if the document is not a conversation.
    """
    row = await _row(document, maker)
    return None if row is None else to_line(row)


async def _row(document: Mapping[str, Any], maker: RowMaker) -> IndexedConversation | None:
    conversation = conversation_from_json(document["conversation"])
    gate = Gate.of(conversation, maker.policy)
    conversation = gate.conversation
    if maker.min_quality > 0:
        quality = measure(conversation, maker.embedder)
        if quality.summary < maker.min_quality:
            return None
    metadata = document["metadata"]
    verified_metadata = None if metadata is None else gate.metadata(Metadata.from_json(metadata))
    leaves = [
        (leaf["start"], leaf["stop"], gate.metadata(Metadata.from_json(leaf["metadata"])).tags)
        for leaf in document["leaves"]
    ]
    row = await make_row(
        conversation, maker.annotator, maker.embedder, maker.plan, verified_metadata, leaves=leaves
    )
    # All tags of the row together: redacting many texts at once costs far less than one by one.
    gate.learn(tag.text for window in row.windows for tag in window.tags)
    return replace(
        row,
        tags=tuple(replace(tag, text=gate(tag.text)) for tag in row.tags),
        windows=tuple(
            replace(window, tags=tuple(replace(tag, text=gate(tag.text)) for tag in window.tags))
            for window in row.windows
        ),
    )


class LocalEngine:
    """Annotates in this process, one batch after the other."""

    def __init__(self, settings: Settings, step: Step = index_document) -> None:
        self._settings = settings
        self._step = step

    def run(self, batches: Iterable[Batch]) -> Iterator[BatchResult]:
        """Annotate batches in their order."""
        settings = self._settings
        plan, policy = WindowPlan.of(settings.window), policy_of(settings)
        # One event loop for all batches: an annotator's connections belong to the loop that opened
        # them.
        with asyncio.Runner() as runner:
            context = open_annotator(settings)
            # Entered by hand: this generator rests between batches, and an ``async with`` cannot
            # span its yields.
            annotator = runner.run(context.__aenter__())
            embedder, min_quality = default_embedder(), settings.min_quality
            maker = RowMaker(annotator, embedder, plan, policy, min_quality)
            try:
                for batch in batches:
                    yield runner.run(annotate_batch(batch, maker, self._step))
            finally:
                runner.run(context.__aexit__(None, None, None))


class RayEngine:
    """Annotates with Ray Data on this machine, or on the cluster that ``RAY_ADDRESS`` names.

    A worker loads its models once and keeps them. Batches travel as JSON.
    """

    def __init__(self, settings: Settings, workers: int = 0, step: Step = index_document) -> None:
        try:
            import ray.data  # noqa: F401 - found missing here, not at work
        except ImportError as error:
            raise EngineError(
                f"the engine ray needs an extra ({error.name} is not installed): "
                f"{how_to_install('scale')}"
            ) from error
        self._settings = settings
        self._step = step
        self._workers = workers

    def run(self, batches: Iterable[Batch]) -> Iterator[BatchResult]:
        """Annotate batches on the workers. All batches' documents go to Ray before the first
        outcome.
        """
        import ray
        import ray.data

        items = [{"name": b.name, "documents": json.dumps(b.documents)} for b in batches]
        if not items:
            return
        started_here = not ray.is_initialized()
        if started_here:
            # Ray would tell its makers about its use, and nothing leaves a machine unasked.
            os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
            os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
            # No address: a cluster of this machine's own, unless RAY_ADDRESS names another.
            ray.init(
                num_cpus=self._workers or None,
                include_dashboard=False,
                logging_level=logging.ERROR,
                log_to_driver=False,
            )
        try:
            ray.data.DataContext.get_current().enable_progress_bars = False
            logging.getLogger("ray.data").setLevel(logging.ERROR)
            workers = int(ray.cluster_resources().get("CPU", 1))
            # A block for each batch, so that Ray spreads them over the workers and hands each
            # outcome over at once.
            outcomes = ray.data.from_items(items, override_num_blocks=len(items)).map(
                _Worker,
                fn_constructor_args=(self._settings, self._step),
                compute=ray.data.ActorPoolStrategy(size=max(1, min(workers, len(items)))),
            )
            for row in outcomes.iter_rows():
                problems = tuple((a, b) for a, b in json.loads(row["problems"]))
                yield BatchResult(row["name"], tuple(json.loads(row["lines"])), problems)
        finally:
            if started_here:
                ray.shutdown()


class _Worker:
    """One Ray worker: its process, and the models in it, last from batch to batch."""

    def __init__(self, settings: Settings, step: Step) -> None:
        self._engine = LocalEngine(settings, step)

    def __call__(self, row: dict[str, Any]) -> dict[str, str]:
        """Return a batch's outcome as a row."""
        batch = Batch(row["name"], tuple(json.loads(row["documents"])))
        (outcome,) = self._engine.run([batch])
        return {
            "name": outcome.name,
            "lines": json.dumps(outcome.lines, ensure_ascii=False),
            "problems": json.dumps(outcome.problems, ensure_ascii=False),
        }


def make_engine(
    name: EngineName, settings: Settings, workers: int = 0, step: Step = index_document
) -> Engine:
    """Return an engine by its name; ``workers`` (Ray) defaults to the number of cores.

    Raises:
        EngineError: if Ray is asked for and not installed.
    """
    if name == "local":
        return LocalEngine(settings, step)
    return RayEngine(settings, workers, step)
