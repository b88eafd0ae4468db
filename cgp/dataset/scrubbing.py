"""Texts about a conversation (tags, claims), freed of personal data as the conversation was."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from cgp.conversation import Conversation, Turn
from cgp.privacy import Redaction, RedactionPolicy, redact
from cgp.text import normal_form

_NUMBERED = re.compile(r"_\d+\]$")


class Scrubber:
    """Takes personal data out of what others say about one conversation.

    Miners see the redacted conversation only, so this rarely finds anything. But an answer may hold
    anything, and what was mined under an earlier policy may hold what the present one takes out.
    """

    def __init__(
        self, conversation: Conversation, redaction: Redaction, policy: RedactionPolicy
    ) -> None:
        self._conversation = conversation
        self._policy = policy
        self._clean: dict[str, str] = {}
        marks: dict[str, str] = {}
        for mark, original in redaction.vault.originals.items():
            for wording in (original, normal_form(original)) if mark.startswith("[") else ():
                if wording:
                    marks.setdefault(wording.casefold(), mark)
        self._marks = marks
        wordings = sorted(marks, key=lambda wording: (-len(wording), wording))
        self._known = (
            re.compile(
                "|".join(rf"(?<!\w){re.escape(wording)}(?!\w)" for wording in wordings),
                re.IGNORECASE,
            )
            if wordings
            else None
        )

    def learn(self, texts: Iterable[str]) -> None:
        """Scrub texts together, which is quicker than one by one."""
        new = [text for text in dict.fromkeys(texts) if text not in self._clean]
        for text, clean in zip(
            new, self._scrubbed([self._marked(text) for text in new]), strict=True
        ):
            self._clean[text] = clean

    def __call__(self, text: str) -> str:
        """Return a text without personal data.

        What the conversation holds too gets the mark that it has there; anything else gets its kind
        without a number, such as ``[EMAIL]``. A lone surrogate becomes a question mark.
        """
        if text not in self._clean:
            self.learn([text])
        return self._clean[text]

    def _marked(self, text: str) -> str:
        text = text.encode("utf-8", "replace").decode("utf-8")
        if self._known is None:
            return text
        return self._known.sub(lambda found: self._mark_of(found.group()), text)

    def _mark_of(self, found: str) -> str:
        return self._marks.get(found.casefold(), "[REDACTED]")

    def _scrubbed(self, texts: list[str]) -> list[str]:
        """Redact texts as if they were said in the conversation."""
        if not texts:
            return []
        said = replace(self._conversation, title=None, turns=tuple(Turn(0, text) for text in texts))
        redaction = redact(said, self._policy)
        plain = [turn.text for turn in redaction.conversation.turns]
        for mark in redaction.vault.originals:
            if mark.startswith("["):
                kind = _NUMBERED.sub("]", mark)
                plain = [text.replace(mark, kind) for text in plain]
        return plain
