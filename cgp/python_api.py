"""Functions for programs and notebooks: read, tag, profile, cut, score and search conversations.

``import cgp`` offers them by name (``cgp.read``, ``cgp.tag``, ...). They block, and work in a
notebook as well, whose own event loop runs. ``annotator`` is the spec of one as on the command line
(``"ollama:llama3.2"``, ``"mine/tagger.py:Tagger"``; docs/annotators.md), an annotator of one's own,
or None for the settings' annotator, which needs neither key nor network unless the settings name
another. Settings come from the environment and from ``.env``.
"""

from __future__ import annotations

import asyncio
import threading
import warnings
from collections.abc import (
    AsyncIterator,
    Callable,
    Coroutine,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

from cgp import samples
from cgp.annotating import annotated_windows
from cgp.annotators import Annotator
from cgp.annotators.choose import open_annotator
from cgp.config import Settings
from cgp.conversation import Conversation
from cgp.embedders import default_embedder
from cgp.embedders.choose import make_embedder
from cgp.metadata import Metadata
from cgp.mining import MinedWindow
from cgp.profiles import ParticipantProfile
from cgp.scoring import Answer, Score, ScoringTask, combine_passes, default_rule
from cgp.search import Filters, GenomeIndex, Hit, Kind
from cgp.sources.paths import read_paths
from cgp.sources.registry import source_named
from cgp.sources.source import SkippedError
from cgp.windows import WindowPlan, cut

GROUND_TRUTH_TAGS = 24
"""Tags of a conversation's ground truth, as a validator makes it."""

BACKGROUND_WINDOWS = 8
"""Windows of other conversations that tell general tags from telling ones."""

BadRecords = Literal["warn", "raise", "skip"]
"""Choices for a record that cannot be read."""

T = TypeVar("T")


class UnreadableRecordWarning(UserWarning):
    """A record could not be read, and was left out."""


def read(
    *paths: str | Path, format_name: str | None = None, bad_records: BadRecords = "warn"
) -> Iterator[Conversation]:
    """Yield the conversations of files, folders and archives in any format that is known.

    Args:
        paths: Paths, or ``-`` for standard input.
        format_name: Name of the format (``cgp import --list-formats``); None guesses it for each
            file.
        bad_records: Treatment of a record that cannot be read: named in an
            ``UnreadableRecordWarning`` and left out, raised, or left out in silence.

    Raises:
        FileNotFoundError: if a path does not exist; nothing has been read then.
        ConversationError: if no format has that name, or for a bad record where that is asked for.
    """
    source = None if format_name is None else source_named(format_name)
    for _, record in read_paths([Path(path) for path in paths], source):
        if record.conversation is not None:
            yield record.conversation
            continue
        error = record.error
        # A sound file without a conversation (a picture in an export) is not a fault.
        if isinstance(error, SkippedError) and not error.lost:
            continue
        if bad_records == "raise" and error is not None:
            raise error
        if bad_records == "warn":
            warnings.warn(str(error), UnreadableRecordWarning, stacklevel=2)


def tag(
    conversation: Conversation, *, max_tags: int = 12, annotator: str | Annotator | None = None
) -> list[str]:
    """Return the tags of a conversation or of a part of it, the most telling first.

    Raises:
        TypeError: if that is not a conversation, such as all that ``read`` gives.
        AnnotationError: if there is no such annotator, or if it gives no answer.
    """
    _require_conversation(conversation, "tag")
    metadata = _annotate(conversation, max_tags, annotator, "tag")
    return [tag.text for tag in metadata.tags]


def profile(
    conversation: Conversation, *, annotator: str | Annotator | None = None
) -> tuple[ParticipantProfile, ...]:
    """Return profiles of a conversation's participants: claims that cite the turns they rest on.

    ``ParticipantProfile.participant`` is an index into ``conversation.participants``.

    Raises:
        TypeError: if that is not a conversation, such as all that ``read`` gives.
        AnnotationError: if there is no such annotator, or if it gives no answer.
    """
    _require_conversation(conversation, "profile")
    return _annotate(conversation, GROUND_TRUTH_TAGS, annotator, "tag").profiles


def windows(
    conversation: Conversation, *, annotator: str | Annotator | None = None
) -> list[MinedWindow]:
    """Return the tree of windows in pre-order, the whole first, each with its tags and profiles.

    The leaves, which miners get, are annotated; their metadata is merged upwards. The sizes are
    those of the settings (``WINDOW_*``).

    Raises:
        TypeError: if that is not a conversation, such as all that ``read`` gives.
        AnnotationError: if there is no such annotator, or if it gives no answer.
    """
    _require_conversation(conversation, "windows")
    settings = Settings()

    async def work() -> list[MinedWindow]:
        async with _open_reader(settings, annotator) as reader:
            return await annotated_windows(
                conversation,
                reader,
                WindowPlan.of(settings.window),
                default_embedder(),
                purpose="windows",
            )

    return _result_of(work)


def score(
    conversation: Conversation,
    answers: Mapping[str, Sequence[str] | Answer],
    *,
    start: int = 0,
    stop: int | None = None,
    ground_truth: Metadata | None = None,
    background: Sequence[Conversation] | None = None,
    annotator: str | Annotator | None = None,
) -> dict[str, Score]:
    """Return the scores of answers to a window of a conversation, with a reason for each tag.

    The rule is the validator's own; ``cgp score`` shows the same.

    Args:
        conversation: The whole conversation.
        answers: By miner: the tags, the best first, or an ``Answer`` with profiles too.
        start: First turn of the window.
        stop: Turn after the window's last; None for the end of the conversation.
        ground_truth: Annotation of the window, its claims citing turns from the window's first on;
            None makes it of the whole conversation with ``annotator``, as a validator does.
        background: Windows of other conversations; None takes some of the samples.
        annotator: See the module.

    Raises:
        TypeError: if that is not a conversation, such as all that ``read`` gives.
        ValueError: if there is no answer, or no such window.
        AnnotationError: if there is no such annotator, or if it gives no answer.
    """
    _require_conversation(conversation, "score")
    if not answers:
        raise ValueError("answers: expected at least one miner's tags")
    stop = len(conversation.turns) if stop is None else stop
    window = conversation.excerpt(start, stop)
    if ground_truth is None:
        ground_truth = ground_truth_of(conversation, annotator).shift(-start)
    records = [
        answer if isinstance(answer, Answer) else Answer(tuple(answer))
        for answer in answers.values()
    ]
    task = scoring_task(conversation, window, ground_truth, background)
    scores = default_rule(default_embedder()).score(task, records)
    return dict(zip(answers, scores, strict=True))


def search(
    query: str,
    *,
    kind: Kind = "windows",
    source: str | None = None,
    participant: str | None = None,
    tag: str | None = None,
    after: datetime | None = None,
    before: datetime | None = None,
    language: str | None = None,
    count: int = 10,
    weak: bool = False,
    data_dir: str | Path | None = None,
) -> list[Hit]:
    """Return the best windows, conversations or tags of an index, as ``cgp search`` does.

    An empty list says that nothing is about the query; ``weak`` gives results of little relevance
    too. ``after`` and ``before`` are times with a zone, ``language`` is a code such as ``pt``.
    ``data_dir`` is the folder whose index is searched; None takes the settings' (``DATA_DIR``).

    Raises:
        SearchError: if there is no index; ``cgp index`` makes it.
        ValueError: if the query is empty, or a time has no zone.
    """
    settings = Settings()
    if data_dir is not None:
        settings = settings.model_copy(update={"data_dir": Path(data_dir)})
    times = (_seconds(after), _seconds(before))
    filters = Filters(source, participant, tag, *times, language=language)
    with GenomeIndex.open(settings.index_dir, make_embedder(settings), read_only=True) as index:
        return index.search(query, kind=kind, filters=filters, count=count, weak=weak)


def ground_truth_of(
    conversation: Conversation, annotator: str | Annotator | None = None
) -> Metadata:
    """Return the ground truth of a conversation, made as by a validator; claims cite its turns.

    Raises:
        AnnotationError: if there is no such annotator, or if it gives no answer.
    """
    whole = _annotate(conversation, GROUND_TRUTH_TAGS, annotator, "ground_truth")
    return combine_passes([whole], default_embedder())


def scoring_task(
    conversation: Conversation,
    window: Conversation,
    ground_truth: Metadata,
    background: Sequence[Conversation] | None = None,
) -> ScoringTask:
    """Return the task of scoring answers to a window; without a background samples make it."""
    background_windows = sample_windows(conversation) if background is None else tuple(background)
    return ScoringTask(
        window=window,
        ground_truth=ground_truth,
        background=background_windows,
        share=len(window.turns) / max(1, len(conversation.turns)),
    )


def sample_windows(conversation: Conversation) -> tuple[Conversation, ...]:
    """Return one window of each of a few other sample conversations, the same language first."""
    candidates = [c for c in samples.load() if c.content_hash != conversation.content_hash]
    candidates.sort(key=lambda c: c.language != conversation.language)
    return tuple(next(cut(c).leaves()).of(c) for c in candidates[:BACKGROUND_WINDOWS])


def _require_conversation(conversation: object, function: str) -> None:
    """Raise ``TypeError`` with the remedy where a function of one conversation gets something else.

    Type checkers see it as well; most notebooks have none.
    """
    if isinstance(conversation, Conversation):
        return
    if isinstance(conversation, str | Path):
        remedy = f"read the file first: for talk in cgp.read({str(conversation)!r}): cgp.{function}(talk)"
    elif isinstance(conversation, Iterable):
        remedy = f"take them one by one: for talk in cgp.read(...): cgp.{function}(talk)"
    else:
        remedy = "cgp.read gives conversations"
    raise TypeError(
        f"cgp.{function} takes one conversation, not {type(conversation).__name__}; {remedy}"
    )


def _annotate(
    conversation: Conversation, max_tags: int, annotator: str | Annotator | None, purpose: str
) -> Metadata:
    async def work() -> Metadata:
        async with _open_reader(Settings(), annotator) as reader:
            return await reader.annotate(conversation, max_tags=max_tags, purpose=purpose)

    return _result_of(work)


@asynccontextmanager
async def _open_reader(
    settings: Settings, annotator: str | Annotator | None
) -> AsyncIterator[Annotator]:
    """Open the annotator of a spec; one that the caller made stays open."""
    if annotator is None or isinstance(annotator, str):
        async with open_annotator(settings, annotator) as reader:
            yield reader
    else:
        yield annotator


def _result_of(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Return the result of a coroutine function, also where an event loop runs in this thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work())
    # A notebook's loop runs, and is ours to block but not to run: the work gets a loop of its own.
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(asyncio.run(work()))
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            errors.append(error)

    thread = threading.Thread(target=run, name="cgp")
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


def _seconds(moment: datetime | None) -> float | None:
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise ValueError(f"a time needs a zone, such as datetime.UTC, got {moment.isoformat()}")
    return moment.timestamp()
