"""``cgp compare``: how good annotators are, by windows that a careful reader has annotated."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from cgp.annotators import AnnotationError, Annotator
from cgp.annotators.baselines import BASELINES
from cgp.annotators.choose import annotator_of
from cgp.cli.console import fail, input_errors, messages, output, write_json
from cgp.config import Settings
from cgp.counts import counted
from cgp.encoders import EncoderError, default_encoder
from cgp.gold import (
    Comparison,
    EncoderJudge,
    GoldWindow,
    Interval,
    TagJudge,
    bundled_gold,
    compare,
    gold_of_truth,
    read_gold,
    read_tags,
)
from cgp.tagmodel import TagModelError

_AT_ONCE = 4  # windows annotated at once: a language model's server answers several
_TRUTH_TAGS = 12


def compare_annotators(
    annotators: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ANNOTATOR…",
            help="What to measure, such as `embedded` or `openai:gpt-5.4-mini` (default: `embedded`).",
        ),
    ] = None,
    gold: Annotated[
        Path | None,
        typer.Option(help="A gold file (docs/gold.md); by default the windows that ship with cgp."),
    ] = None,
    truth: Annotated[
        str | None,
        typer.Option(
            metavar="ANNOTATOR",
            help="Measure against this annotator's tags for the same windows, not a reader's.",
        ),
    ] = None,
    answers: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FILE",
            help='Tags that were made elsewhere: lines of {"id", "tags"}. May be repeated.',
        ),
    ] = None,
    tags: Annotated[int, typer.Option(min=1, max=64, help="Tags of an answer that count.")] = 8,
    baselines: Annotated[
        bool, typer.Option(help="Measure what counts or draws words, too.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure annotators on windows that a careful reader has annotated.

    **f** joins *keep*, the share of the tags that the reader wants, and *covers*, the share
    of the wanted tags that are there. *first* is the share of windows whose first tag is wanted,
    *bad* that of the tags that the reader listed as bad, *twice* that of the tags that repeat. In
    brackets: 95 % intervals, by drawing the windows again.
    """
    baseline_names = [name for name in BASELINES if baselines and name != truth]
    specs = list(dict.fromkeys([*(annotators or ["embedded"]), *baseline_names]))
    with input_errors():
        windows = bundled_gold() if gold is None else read_gold(gold)
        other_tags = dict(_read_answers(answers_file) for answers_file in answers or ())
    try:
        judge = EncoderJudge(default_encoder())
        result = asyncio.run(
            _Comparison(Settings(), windows, tags, judge).run(specs, other_tags, truth)
        )
    except AnnotationError as error:
        fail(str(error), status=1)
    except (EncoderError, TagModelError) as error:
        fail(str(error), hint=error.remedy, status=1)
    if as_json:
        document = _document(result, len(windows), truth)
        write_json(document)
    else:
        _print(result, len(windows), gold, truth)


def _read_answers(option: str) -> tuple[str, Mapping[str, tuple[str, ...]]]:
    name, equals, file = option.partition("=")
    if not equals or not name or not file:
        fail(f"--answers {option}: write it NAME=FILE")
    return name, read_tags(Path(file))


class _Comparison:
    """Annotators at work on the same windows."""

    def __init__(
        self,
        settings: Settings,
        windows: Sequence[GoldWindow],
        tags: int,
        judge: TagJudge | None = None,
    ) -> None:
        self._settings = settings
        self._windows = windows
        self._tags = tags
        self._judge = judge

    async def run(
        self,
        specs: Sequence[str],
        other_tags: Mapping[str, Mapping[str, tuple[str, ...]]],
        truth: str | None,
    ) -> list[Comparison]:
        """Return the figures of annotators and of ``other_tags`` tags (by name and window), the
        best f first.

        Raises:
            AnnotationError: if one cannot be made, annotates nothing, or made the ground truth
                itself.
        """
        async with AsyncExitStack() as stack:
            annotators_by_spec: dict[str, Annotator] = {}
            for spec in specs:
                annotators_by_spec[spec] = annotator_of(spec, self._settings)
                stack.push_async_callback(annotators_by_spec[spec].close)
            windows = self._windows
            if truth is not None:
                windows = await self._by_truth(stack, truth, annotators_by_spec)
            answers = {spec: await self._answers(spec, annotators_by_spec[spec]) for spec in specs}
        for name, tags in other_tags.items():
            answers[name] = [list(tags.get(window.id, ())[: self._tags]) for window in windows]
        comparisons = await asyncio.to_thread(compare, windows, answers, self._judge)
        return sorted(comparisons, key=lambda row: -_deciding(row).mean)

    async def _by_truth(
        self, stack: AsyncExitStack, truth: str, annotators_by_spec: dict[str, Annotator]
    ) -> list[GoldWindow]:
        """Return the windows with an annotator's tags in place of the reader's."""
        annotator = annotator_of(truth, self._settings)
        stack.push_async_callback(annotator.close)
        specs_of_truth = [
            spec
            for spec, candidate in annotators_by_spec.items()
            if candidate.name == annotator.name
        ]
        if specs_of_truth:
            raise AnnotationError(
                f"{specs_of_truth[0]!r} would be measured by its own tags: name another annotator with --truth"
            )
        places = asyncio.Semaphore(_AT_ONCE)

        async def by_truth(window: GoldWindow) -> GoldWindow:
            async with places:
                metadata = await annotator.annotate(
                    window.window, max_tags=_TRUTH_TAGS, purpose="ground_truth"
                )
            return gold_of_truth(window, metadata)

        return await asyncio.gather(*(by_truth(window) for window in self._windows))

    async def _answers(self, spec: str, annotator: Annotator) -> list[list[str]]:
        """Return an annotator's tags for each window, none where it fails."""
        places, failures = asyncio.Semaphore(_AT_ONCE), []

        async def answer(window: GoldWindow) -> list[str]:
            async with places:
                try:
                    metadata = await annotator.annotate(window.window, max_tags=self._tags)
                except AnnotationError as error:
                    failures.append(error)
                    return []
            return [tag.text for tag in metadata.tags[: self._tags]]

        # A model that fails now and then is measured with its failures, as a validator would see
        # it; one that always fails has not been measured at all.
        answers = await asyncio.gather(*(answer(window) for window in self._windows))
        if len(failures) == len(self._windows):
            raise AnnotationError(f"{spec}: {failures[0]}")
        if failures:
            messages.print(
                f"[yellow]{escape(spec)}: no tags for {len(failures)} of {counted(len(answers), 'window')}, "
                f"the first because: {escape(str(failures[0]))}[/]",
                highlight=False,
            )
        return answers


def _deciding(row: Comparison) -> Interval:
    return (row.strict if row.judged is None else row.judged)["f"]


def _document(result: Sequence[Comparison], windows: int, truth: str | None) -> dict[str, Any]:
    rows = [_without_nan(asdict(row)) for row in result]
    return {"windows": windows, "truth": truth or "a reader", "annotators": rows}


def _without_nan(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return JSON values with null for the ends of an interval that is not there."""
    # JSON has no NaN, and many readers refuse a file that holds one.
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    return None if isinstance(value, float) and math.isnan(value) else value


def _print(
    result: Sequence[Comparison], windows: int, gold: Path | None, truth: str | None
) -> None:
    where = "the bundled samples" if gold is None else gold.name
    by = "a careful reader" if truth is None else truth
    output.print(
        f"{counted(windows, 'window')} of {escape(where)}, the tags that {escape(by)} wants\n"
    )
    by_judge = result[0].judged is not None
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("annotator", overflow="fold")
    headings = [
        "f",
        *(["same words"] if by_judge else []),
        "keep",
        "covers",
        "first",
        "bad",
        "twice",
    ]
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for row in result:
        figures = row.judged or row.strict
        strict = [_share(row.strict["f"].mean)] if by_judge else []
        rest = [figures[n].mean for n in ("keep", "coverage", "first", "rejected", "twice")]
        table.add_row(
            escape(row.name),
            _with_interval(figures["f"]),
            *strict,
            *(_share(mean) for mean in rest),
        )
    output.print(table)
    output.print()
    # Only the first annotator is not ahead of anything: the others are compared with it.
    reference = next(row.name for row in result if row.ahead is None)
    for row in result:
        if row.ahead is not None:
            output.print(escape(_difference(row.name, row.ahead, reference)), highlight=False)


def _difference(name: str, ahead: Interval, reference: str) -> str:
    side = "above" if ahead.mean >= 0 else "below"
    ends = sorted((abs(ahead.low), abs(ahead.high)))
    # An interval comes from the spread over windows, and one window has none.
    if math.isnan(ahead.low):
        return (
            f"{name}: f {_share(abs(ahead.mean))} {side} {reference} (one window tells no interval)"
        )
    # An interval across 0 cannot tell which is better, however large the mean looks.
    if ahead.low <= 0 <= ahead.high:
        return f"{name}: no clear difference from {reference}"
    return (
        f"{name}: f {_share(abs(ahead.mean))} {side} {reference}"
        f" [{_share(ends[0])} to {_share(ends[1])}], window by window"
    )


def _with_interval(interval: Interval) -> str:
    if math.isnan(interval.low):
        return _share(interval.mean)
    return f"{_share(interval.mean)} [{_share(interval.low)} {_share(interval.high)}]"


def _share(value: float) -> str:
    return f"{value:.2f}".replace("0.", ".", 1)
