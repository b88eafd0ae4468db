"""The gate: the one way out of the store for texts of a conversation and about it.

Whatever leaves (to miners, models, readers of the API, an export, an index, a chat client, a
page) is the redacted conversation, or a text that this gate has let through. ``loggable`` is the
same for a text that is written to a log.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from cgp.conversation import Conversation, Turn
from cgp.metadata import Metadata
from cgp.privacy.personal_data import Kind
from cgp.privacy.redaction import STANDARD, Redaction, RedactionPolicy, redact
from cgp.privacy.repeats import Repeats, spellings

_MARK = re.compile(r"\[([A-Z]+)_\d+\]")
_NUMBER_AT_END = re.compile(r"_\d+\]$")

_NO_TEXTS = frozenset(
    {
        "hotkey", "validator", "seal", "content_hash", "text_hash", "body_hash", "rule_version", "embedder",
        "annotator", "verdict", "state", "failure", "kind", "attribute_id", "version", "evidence", "conversation_id",
    }
)  # fmt: skip
"""Fields of documents that hold no text of anybody's: addresses of neurons, hashes, names of
models.

``conversation_id`` is clean where it is stored: see ``without_personal_labels``.
"""

T = TypeVar("T")


class Gate:
    """Lets texts about one conversation out, freed of personal data as the conversation is.

    A value that the conversation holds too gets the mark that it has there, in any spelling;
    anything else gets its kind without a number, such as ``[EMAIL]``. Miners see the redacted
    conversation only, so this rarely finds anything. But an answer may hold anything, and what
    was mined under an earlier policy may hold what the present one takes out.
    """

    def __init__(
        self, conversation: Conversation, redaction: Redaction, policy: RedactionPolicy
    ) -> None:
        self.redaction = redaction
        self._conversation = conversation
        self._policy = policy
        self._clean: dict[str, str] = {}
        self._marks: dict[str, str] = {}
        values: list[tuple[Kind, str]] = []
        for mark, original in redaction.vault.originals.items():
            if (kind := _MARK.fullmatch(mark)) is not None:
                kind_of_find = Kind(kind[1].lower())
                values.append((kind_of_find, original))
                for spelling in spellings(kind_of_find, original):
                    self._marks.setdefault(spelling, mark)
        self._known = Repeats(values)

    @classmethod
    def of(cls, conversation: Conversation, policy: RedactionPolicy) -> Gate:
        """Return the gate of a conversation, which is redacted for it."""
        return cls(conversation, redact(conversation, policy), policy)

    @property
    def conversation(self) -> Conversation:
        """The conversation as it may leave."""
        return self.redaction.conversation

    def learn(self, texts: Iterable[str]) -> None:
        """Clean texts together, which is quicker than one by one."""
        new = [text for text in dict.fromkeys(texts) if text not in self._clean]
        clean = self._redacted([self._marked(text) for text in new])
        self._clean.update(zip(new, clean, strict=True))

    def __call__(self, text: str) -> str:
        """Return a text without personal data. A lone surrogate becomes a question mark."""
        if text not in self._clean:
            self.learn([text])
        return self._clean[text]

    def metadata(self, metadata: Metadata) -> Metadata:
        """Return metadata whose tags and claims are clean."""
        claims = [claim for profile in metadata.profiles for claim in profile.claims]
        self.learn(tag.text for tag in metadata.tags)
        self.learn(text for claim in claims for text in (claim.attribute, claim.value))
        return Metadata(
            tags=tuple(replace(tag, text=self(tag.text)) for tag in metadata.tags),
            profiles=tuple(
                replace(
                    profile,
                    claims=tuple(
                        replace(claim, attribute=self(claim.attribute), value=self(claim.value))
                        for claim in profile.claims
                    ),
                )
                for profile in metadata.profiles
            ),
        )

    def document(self, document: T) -> T:
        """Return JSON values whose texts are clean; names of models, hashes and hotkeys stay."""
        self.learn(_texts_of(document))
        clean_document: T = self._document(document)
        return clean_document

    def _document(self, value: Any) -> Any:  # noqa: ANN401 - any JSON value
        if isinstance(value, str):
            return self(value)
        if isinstance(value, Mapping):
            return {
                key: item if key in _NO_TEXTS else self._document(item)
                for key, item in value.items()
            }
        if isinstance(value, list | tuple):
            return [self._document(item) for item in value]
        return value

    def _marked(self, text: str) -> str:
        """Return a text with the marks of the values that the conversation holds."""
        # A lone surrogate cannot be stored or printed; it becomes a question mark.
        text = text.encode("utf-8", "replace").decode("utf-8")
        parts: list[str] = []
        position = 0
        for find in sorted(self._known.find(text)):
            # A find inside the one before it is covered by that one's mark already.
            if find.start >= position:
                value = text[find.start : find.stop]
                mark = next(
                    (self._marks[s] for s in spellings(find.kind, value) if s in self._marks),
                    f"[{find.kind.upper()}]",
                )
                parts += (text[position : find.start], mark)
                position = find.stop
        return "".join((*parts, text[position:]))

    def _redacted(self, texts: Sequence[str]) -> list[str]:
        """Redact texts as if they were said in the conversation."""
        if not texts:
            return []
        conversation = replace(
            self._conversation, title=None, turns=tuple(Turn(0, text) for text in texts)
        )
        redaction = redact(conversation, self._policy)
        plain = [turn.text for turn in redaction.conversation.turns]
        for mark in redaction.vault.originals:
            if mark.startswith("["):
                kind = _NUMBER_AT_END.sub("]", mark)
                plain = [text.replace(mark, kind) for text in plain]
        return plain


def _texts_of(value: object) -> Iterable[str]:
    """Yield the texts of JSON values that are looked at."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if key not in _NO_TEXTS:
                yield from _texts_of(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts_of(item)


_NOWHERE = Conversation("", "", (), (Turn(0, ""),))


def loggable(text: str, policy: RedactionPolicy = STANDARD) -> str:
    """Return a text of no conversation (a name, a label, a file's name) as it may be logged or
    shown.
    """
    conversation = redact(replace(_NOWHERE, turns=(Turn(0, text),)), policy).conversation
    return conversation.turns[0].text


_SUSPICIOUS = re.compile(
    r"[@+ %&:=]|[^\x00-\x7f]|\d{7}|\d[ .-]\d{3}|(?:\d{1,3}\.){3}\d|\w{40}"
    r"|(?i:pass|pwd|pin[_-]|token|secret|key|sk[_-]|gh[opusr]_|github_pat|xox|akia|aiza|hf_|npm_|glpat|eyj|\.eth)"
)
"""Signs of an address, a number, a key or a password, encoded or in other scripts' forms too."""


def loggable_label(label: str) -> str:
    """Return a short label (a path of a request, an id) as it may be logged.

    One without a sign that personal data has costs hardly anything: it is logged at each request.
    """
    return loggable(label) if _SUSPICIOUS.search(label) else label


def without_personal_labels(conversation: Conversation) -> Conversation:
    """Return a conversation whose id, source and language hold no personal data, as it is stored.

    They are keys and columns: what is wrong with them is mended before they are stored. The id
    becomes an opaque one, made from the content, so that a second import gives the same.
    """
    labels = (conversation.id, conversation.source, conversation.language or "")
    if not any(_SUSPICIOUS.search(label) for label in labels):
        return conversation
    clean = redact(conversation).conversation
    return replace(conversation, id=clean.id, source=clean.source, language=clean.language)
