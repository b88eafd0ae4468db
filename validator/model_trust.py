"""Decision about unusable answers: the conversation's fault or the model's."""

from __future__ import annotations


class ModelTrust:
    """Remembers for which conversations the model's answers were of no use lately.

    One conversation that a model cannot annotate is that conversation's affair. Two in a row,
    with no usable answer between, are the model's: trying on would only use conversations up.
    """

    def __init__(self) -> None:
        self._unusable: set[str] = set()
        self._last = ""

    @property
    def error(self) -> str:
        """The last unusable answer's error while the model is not trusted, else empty."""
        return self._last if len(self._unusable) > 1 else ""

    def usable(self) -> None:
        """Remember a usable answer."""
        self._unusable.clear()

    def unusable(self, conversation_id: str, why: str) -> bool:
        """Remember an unusable answer; return whether the conversation may be blamed for it."""
        self._unusable.add(conversation_id)
        self._last = why
        return len(self._unusable) == 1
