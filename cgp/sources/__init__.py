"""Conversations from where people have them: exports, transcripts, tables, text.

One module a format (``cgp.sources.formats``), found by ``registry``; ``importing`` brings their
conversations into the store. Nothing is executed, unpacked or fetched.
"""

from cgp.sources.importing import ImportReport, import_conversations
from cgp.sources.reading import read_path
from cgp.sources.registry import guess, source_named, sources
from cgp.sources.source import SkippedError, Source

__all__ = [
    "ImportReport",
    "SkippedError",
    "Source",
    "guess",
    "import_conversations",
    "read_path",
    "source_named",
    "sources",
]
