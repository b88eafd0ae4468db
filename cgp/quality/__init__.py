"""Quality of a conversation in five parts: the "Boring Index" of the network.

The measure reads nothing but the conversation: no corpus, no language model, no list of words. It
compares the conversation with chance (the same turns or words in any other order) and with itself.
A reader may add the novelty beside a corpus, which a room on top brings (``corpus_novelty``).
"""

from __future__ import annotations

from cgp.quality.corpus_novelty import CorpusNovelty, corpus_novelty
from cgp.quality.measure import measure
from cgp.quality.quality import PARTS, QUALITY_VERSION, Quality

__all__ = ["PARTS", "QUALITY_VERSION", "CorpusNovelty", "Quality", "corpus_novelty", "measure"]
