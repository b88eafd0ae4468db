"""Podcast feeds (RSS with ``podcast:transcript``) whose transcripts lie beside the feed.

Nothing is fetched: of a transcript's address only the last part is used, as the name of a file in
the feed's folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element

from cgp.conversation_json import ConversationError, Record
from cgp.sources.files import File
from cgp.sources.formats import podcast_html, podcast_json, srt, vtt
from cgp.sources.source import Fact, Loss, Source, skipped, unreadable
from cgp.sources.xml_elements import elements

MAX_BYTES = 512 * 1024 * 1024
MAX_TRANSCRIPTS = 100
"""Transcripts of one episode: one for each form and language."""
NOT_BESIDE = "its transcript is not beside the feed (nothing is fetched)"
_READERS = {
    source.name: source
    for source in (podcast_json.SOURCE, vtt.SOURCE, srt.SOURCE, podcast_html.SOURCE)
}
"""In the order of their detail: names and times first."""


def _recognises(head: bytes, _path: Path) -> bool:
    lower = head.lower()
    return b"<rss" in lower and lower.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


@dataclass(frozen=True, slots=True)
class _Transcript:
    address: str
    language: str | None


@dataclass(frozen=True, slots=True)
class _Episode:
    title: str
    transcripts: tuple[_Transcript, ...]


def read(file: File) -> Iterator[Record]:
    """Yield a record for each episode: its transcript, or why there is none."""
    if file.size > MAX_BYTES:
        raise ConversationError(f"a feed of more than {MAX_BYTES} bytes")
    number = 0
    try:
        for episode in _episodes(file):
            number += 1
            yield from _records(file, number, episode)
    except ConversationError as error:
        yield unreadable(file.path, number + 1, error)


def _records(feed: File, number: int, episode: _Episode) -> Iterator[Record]:
    transcripts = list(_beside(feed, episode.transcripts))
    if not episode.transcripts:
        yield skipped(feed.path, number, "the episode has no podcast:transcript")
    elif not transcripts:
        yield skipped(feed.path, number, NOT_BESIDE)
    else:
        yield from _read_best(feed, number, episode, transcripts)


def _episodes(file: File) -> Iterator[_Episode]:
    """Yield the items of the feed as they are parsed.

    Raises:
        ConversationError: where it is not XML, or declares a document type or entities.
    """
    with file.open() as stream:
        for item in elements(stream, {"item"}, _is_needed):
            yield _episode(item)


def _is_needed(element: Element, parent: Element) -> bool:
    """Tell if an element is the title or a transcript of an episode that is still read.

    Raises:
        ConversationError: if the episode has too many of them.
    """
    if parent.tag != "item" or not (element.tag == "title" or element.tag.endswith("}transcript")):
        return False
    if len(parent) > MAX_TRANSCRIPTS:
        raise ConversationError(f"an episode has more than {MAX_TRANSCRIPTS} transcripts")
    return True


def _episode(item: Element) -> _Episode:
    transcripts = tuple(
        _Transcript(child.get("url", ""), child.get("language"))
        for child in item
        if child.tag.endswith("}transcript")
    )
    return _Episode((item.findtext("title") or "").strip(), transcripts)


def _file_name(address: str) -> str:
    try:
        return unquote(urlsplit(address).path).rpartition("/")[2]
    except ValueError:
        return ""


def _beside(
    feed: File, transcripts: tuple[_Transcript, ...]
) -> Iterator[tuple[_Transcript, File, Source]]:
    """Yield the transcripts that are there, with their formats, the most telling first."""
    there = []
    for transcript in transcripts:
        name = _file_name(transcript.address)
        neighbour = feed.beside(name) if name else None
        if neighbour is not None:
            head = neighbour.head()
            there.append((transcript, neighbour, head))
    for source in _READERS.values():
        for transcript, neighbour, head in there:
            if source.recognises(head, neighbour.path):
                yield transcript, neighbour, source


def _read_best(
    feed: File, number: int, episode: _Episode, candidates: list[tuple[_Transcript, File, Source]]
) -> Iterator[Record]:
    transcript, file, source = candidates[0]
    try:
        for record in source.read(file):
            if record.conversation is None:
                yield record
                continue
            original = record.conversation
            conversation = replace(
                original,
                title=" ".join(episode.title.split())[:200] or original.title,
                language=transcript.language or original.language,
            )
            yield Record(feed.path, number, conversation)
    except ConversationError as error:
        yield unreadable(file.path, 1, error)


SOURCE = Source(
    name="podcast-rss",
    description="podcast feed with podcast:transcript; the transcripts lie beside the feed",
    suffixes=(".xml", ".rss"),
    recognises=_recognises,
    read=read,
    where="the feed of a podcast, with its transcripts downloaded beside it",
    kept="titles and languages of episodes, and what the transcript holds",
    left_out="episodes whose transcript is not beside the feed: nothing is fetched",
    first=True,
    lacks=frozenset({Fact.DATE}),
    loss=Loss.REST,
)
