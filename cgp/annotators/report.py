"""Report of an annotator's work: for health pages, leaderboards and the end of a command."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol, runtime_checkable

from cgp.annotators.annotator import AnnotationError, Annotator
from cgp.conversation import Conversation
from cgp.metadata import Metadata


@dataclass(frozen=True, slots=True)
class AnnotatorReport:
    """Counts since an annotator was made.

    ``asked`` conversations or windows, of which ``failed`` got nothing and ``fell_back`` another
    annotator's metadata instead. ``dropped`` counts tags and claims of answers that did
    not count, by fault. ``last_failure`` says why it failed last, None if it never did.
    """

    annotator: str
    asked: int = 0
    failed: int = 0
    fell_back: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    last_failure: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the report for programs."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> AnnotatorReport:
        """Read the result of ``to_json``; unknown entries are ignored.

        Raises:
            KeyError: if it does not name the annotator.
        """
        names = cls.__dataclass_fields__
        return cls(
            document["annotator"],
            **{
                name: value
                for name, value in document.items()
                if name in names and name != "annotator"
            },
        )


@dataclass(slots=True)
class Tally:
    """The running counts behind a report, shared by the annotators that work together."""

    asked: int = 0
    failed: int = 0
    fell_back: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    last_failure: str | None = None


@runtime_checkable
class Reporting(Protocol):
    """An annotator with a report of its work."""

    def report(self) -> AnnotatorReport:
        """Return the counts so far."""
        ...


class ReportingAnnotator:
    """Counts the questions to ``annotator``, and its failures."""

    def __init__(self, annotator: Annotator, tally: Tally) -> None:
        self._annotator = annotator
        self._tally = tally

    @property
    def name(self) -> str:
        """The other annotator's name."""
        return self._annotator.name

    async def annotate(
        self, conversation: Conversation, *, max_tags: int, purpose: str = "window"
    ) -> Metadata:
        """Annotate and count; see ``Annotator.annotate``."""
        self._tally.asked += 1
        try:
            return await self._annotator.annotate(conversation, max_tags=max_tags, purpose=purpose)
        except asyncio.CancelledError:
            self._tally.failed += 1
            self._tally.last_failure = "it took too long: its caller gave up"
            raise
        except AnnotationError as error:
            self._tally.failed += 1
            self._tally.last_failure = str(error)
            raise

    def report(self) -> AnnotatorReport:
        """Return the counts so far."""
        tally = self._tally
        faults = {str(fault): count for fault, count in tally.dropped.most_common()}
        return AnnotatorReport(
            self.name, tally.asked, tally.failed, tally.fell_back, faults, tally.last_failure
        )

    async def close(self) -> None:
        """Close the other annotator."""
        await self._annotator.close()


def report_of(annotator: Annotator) -> AnnotatorReport:
    """Return an annotator's report; one that keeps no counts reports none."""
    if isinstance(annotator, Reporting):
        return annotator.report()
    return AnnotatorReport(annotator.name)


def trouble_of(report: AnnotatorReport) -> str:
    """Return the failures, fallbacks and dropped items in one line; empty without any."""
    parts = []
    if report.failed or report.fell_back:
        parts.append(
            f"of {report.asked} annotations {report.failed} failed and {report.fell_back} fell back,"
            f" the last because: {report.last_failure}"
        )
    if report.dropped:
        faults = ", ".join(f"{count} {fault}" for fault, count in report.dropped.items())
        parts.append(f"tags and claims dropped: {faults}")
    return "; ".join(parts)
