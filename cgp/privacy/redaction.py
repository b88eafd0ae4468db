"""Redaction: a conversation that may leave the machine, and the vault that undoes it here."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType

from cgp.conversation import Conversation, Participant
from cgp.metadata import Metadata
from cgp.privacy.mentions import Names
from cgp.privacy.names import NameFinder
from cgp.privacy.personal_data import Find, Kind, without_overlaps
from cgp.privacy.plain_text import BREAK
from cgp.privacy.pseudonyms import pseudonyms
from cgp.privacy.repeats import spellings
from cgp.privacy.scanner import PLACEHOLDER, find_personal_data
from cgp.privacy.vault import Vault, restore_metadata, restore_text

REDACTION_VERSION = 8
"""Raised whenever the same conversation could come out differently."""


@dataclass(frozen=True)
class RedactionPolicy:
    """Choice of the data to redact.

    ``kinds`` are replaced by placeholders. With ``pseudonym_key`` (at least 16 bytes; never shown)
    participants get pseudonyms and lose their ids. ``names`` finds people's names in free text.
    """

    kinds: frozenset[Kind] = frozenset(Kind)
    pseudonym_key: bytes | None = field(default=None, repr=False)
    names: NameFinder | None = None

    @property
    def name(self) -> str:
        """The policy's name under this version of redaction, at most 64 characters.

        Policies of one name redact alike. It begins with the version, and tells nothing of the key.
        """
        key = b"" if self.pseudonym_key is None else hashlib.sha256(self.pseudonym_key).digest()
        finder = "" if self.names is None else self.names.name
        # Sorted, since a set's order changes from process to process.
        parts = (",".join(sorted(self.kinds)), key.hex(), finder)
        return f"{REDACTION_VERSION}:{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"


@dataclass(frozen=True)
class Redaction:
    """A redacted conversation, how many finds of each kind it had, and the way back.

    Without pseudonyms, every text is restored but for a value's spelling: where one value is
    written in several ways, the first comes back everywhere. A restored pseudonym gives the
    participant's whole name, however the mention was written.
    """

    conversation: Conversation
    counts: Mapping[Kind, int]
    vault: Vault

    def restore(self, text: str) -> str:
        """Return a text about the redacted conversation with the originals put back."""
        return restore_text(text, self.vault)

    def restore_metadata(self, metadata: Metadata) -> Metadata:
        """Return metadata of the redacted conversation with the originals put back."""
        return restore_metadata(metadata, self.vault)


_MIN_CUT = 4
"""Characters of the beginning of a value that tell something of it."""

_MOST_ROUNDS = 4
"""Times that a redacted conversation is searched again while there are finds in it."""

STANDARD = RedactionPolicy()
"""Every kind, no pseudonyms, no names in free text."""


def redact(
    conversation: Conversation,
    policy: RedactionPolicy = STANDARD,
    *,
    searched: Search | None = None,
) -> Redaction:
    """Return ``conversation`` with personal data replaced by placeholders such as ``[EMAIL_1]``.

    Every text is searched: turns, title, source, language, participants' names and ids. An id of
    the conversation that holds personal data becomes an opaque one. Turns, speakers and times
    stay, and so does the number of participants. A value has one placeholder however it is
    spelled, numbered in order of appearance: redact a whole conversation, then take excerpts.
    Redacting a second time changes nothing. The same conversation and policy always give the same
    result. ``searched`` is the search of this conversation under this policy, where there is one.

    Raises:
        ValueError: if the policy's pseudonym key is too short.
    """
    redaction = _redacted_once(conversation, policy, searched or search(conversation, policy))
    # A mark is shorter than most values: what was too far from the words that announce it may have
    # come nearer. Without finds nothing has moved, so most conversations are searched once.
    for _ in range(_MOST_ROUNDS):
        if not redaction.counts:
            break
        # Pseudonyms are given once: a second time would rename them.
        again = replace(policy, pseudonym_key=None)
        conversation_again = redaction.conversation
        second = _redacted_once(conversation_again, again, search(conversation_again, again))
        if not second.counts:
            break
        redaction = _join(redaction, second)
    if redaction.conversation.id != conversation.id:
        final = replace(redaction.conversation, id=opaque_id(conversation))
        redaction = replace(redaction, conversation=final)
    return redaction


def _join(first: Redaction, second: Redaction) -> Redaction:
    """Return two rounds as one redaction; values of the second may hold marks of the first."""
    originals = {
        mark: restore_text(value, first.vault) for mark, value in second.vault.originals.items()
    }
    counts = Counter(first.counts) + Counter(second.counts)
    return Redaction(
        second.conversation,
        MappingProxyType(dict(sorted(counts.items()))),
        Vault({**first.vault.originals, **originals}),
    )


@dataclass(frozen=True, slots=True)
class Search:
    """One search of a conversation.

    ``texts`` are the turns, then the title, the source, the language and the id, then each
    participant's name and id unless the policy renames participants. ``finds`` are in order, do
    not overlap, and count from the start of all texts joined by ``BREAK``. ``pseudonyms`` are the
    participants' new names, ``aliases`` the new name of each mention of one by its start.
    """

    texts: tuple[str, ...]
    finds: tuple[Find, ...]
    pseudonyms: tuple[str, ...]
    aliases: Mapping[int, str]


def search(conversation: Conversation, policy: RedactionPolicy = STANDARD) -> Search:
    """Return the searched texts of a conversation and the personal data in them.

    Raises:
        ValueError: if the policy's pseudonym key is too short.
    """
    key = policy.pseudonym_key
    has_key = key is not None
    new_names = () if key is None else pseudonyms(conversation, key)
    texts = _texts(conversation, names=not has_key)
    text = BREAK.join(texts)
    finds = [find for find in find_personal_data(text) if find.kind in policy.kinds]
    finds += _cut_value(text, sum(len(turn.text) + 1 for turn in conversation.turns), finds)
    finds += _names(text, conversation.language, policy)
    mentions = list(Names(conversation.participants).mentions(text)) if has_key else []
    finds += [Find(mention.start, mention.stop, Kind.NAME) for mention in mentions]
    aliases = {mention.start: new_names[mention.participant] for mention in mentions}
    return Search(tuple(texts), tuple(without_overlaps(finds)), tuple(new_names), aliases)


def _redacted_once(
    conversation: Conversation, policy: RedactionPolicy, result: Search
) -> Redaction:
    if not result.finds and not result.pseudonyms:
        return Redaction(conversation, MappingProxyType({}), Vault({}))
    writer = _Writer(BREAK.join(result.texts), result.aliases)
    rewritten_texts = _rewritten(result.texts, result.finds, writer)
    people = {
        alias: participant.name
        for alias, participant in zip(
            result.pseudonyms,
            conversation.participants,
            strict=policy.pseudonym_key is not None,
        )
    }
    return Redaction(
        _rebuilt(conversation, rewritten_texts, result.pseudonyms),
        # In one order, so that equal redactions are equal as documents too.
        MappingProxyType(dict(sorted(writer.counts.items()))),
        Vault(writer.originals | people),
    )


def _texts(conversation: Conversation, *, names: bool) -> list[str]:
    """Return the searched texts: the turns, the labels, and participants' names and ids unless
    renamed.

    Labels are the title, the source, the language and the id.
    """
    texts = [turn.text for turn in conversation.turns]
    texts += (
        conversation.title or "",
        conversation.source,
        conversation.language or "",
        conversation.id,
    )
    if names:
        for participant in conversation.participants:
            texts += (participant.name, participant.id or "")
    return texts


def _rebuilt(
    conversation: Conversation, texts: Sequence[str], aliases: Sequence[str]
) -> Conversation:
    """Return the conversation with ``texts`` (in the order of ``_texts``) in place of its own."""
    count = len(conversation.turns)
    title, source, language, identifier = texts[count : count + 4]
    if aliases:
        participants = tuple(Participant(alias) for alias in aliases)
    else:
        people = texts[count + 4 :]
        participants = tuple(
            Participant(people[2 * i], None if participant.id is None else people[2 * i + 1])
            for i, participant in enumerate(conversation.participants)
        )
    return replace(
        conversation,
        id=conversation.id if identifier == conversation.id else opaque_id(conversation),
        source=source,
        title=None if conversation.title is None else title,
        language=None if conversation.language is None else language,
        participants=participants,
        turns=tuple(
            turn if turn.text == text else replace(turn, text=text)
            for turn, text in zip(conversation.turns, texts[:count], strict=True)
        ),
    )


def _cut_value(text: str, start: int, finds: Sequence[Find]) -> list[Find]:
    """Return the beginning of a found value at the end of the title, which starts at ``start``.

    Many programs make a title of the first words that are said, and cut it anywhere.
    """
    title = text[start : text.find(BREAK, start)].rstrip(" .…")
    if not title or not finds:
        return []
    kinds = {text[find.start : find.stop]: find.kind for find in finds}
    longest, kind = 0, finds[0].kind
    for value, value_kind in kinds.items():
        for length in range(min(len(value) - 1, len(title)), max(longest, _MIN_CUT - 1), -1):
            if title.endswith(value[:length]) and not title[:-length][-1:].isalnum():
                longest, kind = length, value_kind
                break
    stop = start + len(title)
    return [Find(stop - longest, stop, kind)] if longest else []


def opaque_id(conversation: Conversation) -> str:
    """Return an id that tells nothing: the start of the content's hash, as for a conversation
    without id.
    """
    return conversation.content_hash[:32]


def _names(text: str, language: str | None, policy: RedactionPolicy) -> Iterator[Find]:
    """Yield people's names in free text, none of which takes a placeholder apart."""
    if policy.names is None or Kind.NAME not in policy.kinds:
        return
    placeholders = [match.span() for match in PLACEHOLDER.finditer(text)]
    starts = [start for start, _ in placeholders]
    for start, stop in policy.names.find_names(text, language):
        before = bisect_left(starts, stop) - 1
        if before < 0 or placeholders[before][1] <= start:
            yield Find(start, stop, Kind.NAME)


def in_each_text(
    texts: Sequence[str], spans: Sequence[tuple[int, int]]
) -> Iterator[list[tuple[int, int, int]]]:
    """Yield the spans of each text as ``(index, start, stop)``, with places counted in that text.

    ``index`` is a span's index in ``spans``. ``spans`` are in order, do not overlap, and count
    from the start of all texts joined by ``BREAK``. A span that reaches over several texts is
    yielded for each of them, cut to that text.
    """
    offset = current = 0
    for text in texts:
        end = offset + len(text)
        here: list[tuple[int, int, int]] = []
        while current < len(spans) and spans[current][0] < end:
            start, stop = spans[current]
            here.append((current, max(0, start - offset), min(len(text), stop - offset)))
            # The next text has the rest of it.
            if stop > end:
                break
            current += 1
        yield here
        offset = end + len(BREAK)


def _rewritten(texts: Sequence[str], finds: Sequence[Find], writer: _Writer) -> list[str]:
    """Return each text with its finds replaced; ``finds`` count from the start of
    all texts joined.
    """
    if not finds:
        return list(texts)
    rewritten: list[str] = []
    spans = [(find.start, find.stop) for find in finds]
    for text, here in zip(texts, in_each_text(texts, spans), strict=True):
        parts: list[str] = []
        position = 0
        for index, start, stop in here:
            parts += (text[position:start], writer.mark(finds[index], text[start:stop]))
            position = stop
        rewritten.append("".join((*parts, text[position:])) if parts else text)
    return rewritten


class _Writer:
    """Gives each found value its mark: the same one every time, none that the text
    holds already.
    """

    def __init__(self, text: str, aliases: Mapping[int, str]) -> None:
        self.counts: Counter[Kind] = Counter()
        self.originals: dict[str, str] = {}
        self._text = text
        self._aliases = aliases
        self._alias_starts = sorted(aliases)
        self._marks: dict[str, str] = {}
        self._marks_as_written: dict[tuple[Kind, str], str] = {}
        self._numbers: Counter[Kind] = Counter()

    @cached_property
    def _taken(self) -> set[str]:
        return {mark.upper() for mark in PLACEHOLDER.findall(self._text)}

    def mark(self, find: Find, value: str) -> str:
        """Return the replacement of a find of ``value``."""
        self.counts[find.kind] += 1
        # A name gets the participant's pseudonym, so that a text still says who is meant.
        if find.kind is Kind.NAME and (alias := self._alias(find)):
            return alias
        mark = self._marks_as_written.get((find.kind, value))
        if mark is None:
            mark = self._marks_as_written[find.kind, value] = self._mark(find.kind, value)
        return mark

    def _mark(self, kind: Kind, value: str) -> str:
        """Return the mark of a value, the same for all its spellings."""
        value_spellings = list(spellings(kind, value))
        for spelling in value_spellings:
            if (mark := self._marks.get(spelling)) is not None:
                return mark
        mark = self._fresh(kind)
        self._marks.update(dict.fromkeys(value_spellings, mark))
        self.originals[mark] = value
        return mark

    def _alias(self, find: Find) -> str | None:
        """Return the pseudonym of the participant whose mention is in this find."""
        at = bisect_left(self._alias_starts, find.start)
        if at < len(self._alias_starts) and self._alias_starts[at] < find.stop:
            return self._aliases[self._alias_starts[at]]
        return None

    def _fresh(self, kind: Kind) -> str:
        while True:
            self._numbers[kind] += 1
            mark = f"[{kind.upper()}_{self._numbers[kind]}]"
            # A text may hold such a mark already, from an earlier redaction or by intent.
            if mark not in self._taken:
                return mark
