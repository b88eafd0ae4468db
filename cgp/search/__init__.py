"""Search over tags, windows and conversations: the index's records, and the ways to find them."""

from cgp.search.filters import Filters
from cgp.search.genome_index import GenomeIndex, IndexStats, Kind, SearchError
from cgp.search.hits import Hit
from cgp.search.index_extent import IndexExtent
from cgp.search.reader import IndexReader
from cgp.search.records import IndexedConversation, IndexedWindow

__all__ = [
    "Filters",
    "GenomeIndex",
    "Hit",
    "IndexExtent",
    "IndexReader",
    "IndexStats",
    "IndexedConversation",
    "IndexedWindow",
    "Kind",
    "SearchError",
]
