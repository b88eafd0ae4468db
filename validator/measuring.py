"""Measurements of a validator's own events: for the health page and the recorder."""

from __future__ import annotations

from collections import Counter

from cgp.telemetry import Recorder
from validator.events import ConversationDone, Event, GroundTruthMade, WeightsSet, WindowScored


class Measuring:
    """Counts events and records them: scores, latencies, rewards and weights; no
    text and no ids.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self.answers: Counter[int] = Counter()
        """Answers that were valid, by uid."""
        self.failures: Counter[int] = Counter()
        """Windows without one, by uid."""

    def __call__(self, event: Event) -> None:
        """Take note of an event."""
        if isinstance(event, WindowScored):
            self._window(event)
        elif isinstance(event, WeightsSet):
            self._recorder.record(
                "weights",
                block=event.block,
                success=int(event.success),
                weight={str(uid): round(weight, 5) for uid, weight in event.weights.items()},
                reward={hotkey[:8]: round(share, 5) for hotkey, share in event.rewards.items()},
            )
        elif isinstance(event, GroundTruthMade):
            self._recorder.record("ground_truth", tags=event.tags, windows=event.windows)
        elif isinstance(event, ConversationDone):
            self._recorder.record("conversation", tags=len(event.tags), windows=event.windows)

    def _window(self, event: WindowScored) -> None:
        for result in event.results:
            (self.answers if result.valid else self.failures)[result.uid] += 1
        self._recorder.record(
            "window",
            miners=len(event.results),
            valid=sum(result.valid for result in event.results),
            score={str(result.uid): round(result.score, 4) for result in event.results},
            seconds={str(result.uid): round(result.seconds, 4) for result in event.results},
        )
