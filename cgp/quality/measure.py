"""The measure: one conversation in, its quality out."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from cgp.conversation import Conversation
from cgp.embedders import Embedder
from cgp.quality.coherence import coherence
from cgp.quality.corpus_novelty import CorpusNovelty
from cgp.quality.engagement import engagement
from cgp.quality.fluency import fluency
from cgp.quality.novelty import novelty
from cgp.quality.quality import Quality
from cgp.quality.relevance import relevance
from cgp.quality.transcript import Words, read

# Decimals that are the same on every processor; the rest of a float64 may differ.
_DECIMALS = 6


def measure(
    conversation: Conversation, embedder: Embedder, corpus: CorpusNovelty | None = None
) -> Quality:
    """Return the quality of a conversation, the same in every process.

    Sums are in float64 in a fixed order and no matrix is multiplied, so neither threads nor the
    linear algebra library can change a result; the rest is rounded to six decimals. Turns are
    embedded in one batch, without the words that most of the conversation shares. The time grows
    with the conversation up to 1,024 turns and 200,000 characters; a longer one is sampled
    evenly. A conversation without a word gets 0 for every part. Fewer than about twenty turns give
    little to compare with chance: values are rough.

    With a ``corpus`` the novelty is the geometric mean of the conversation's own and of that beside
    the corpus. Such a value depends on the corpus: it is for a reader, and no neuron stores it.
    """
    transcript = read(conversation)
    if not transcript.word_count:
        return Quality(0.0, 0.0, 0.0, 0.0, 0.0)
    vectors = embedder.embed(transcript.contents).astype(np.float64)
    return Quality(
        relevance=_round(relevance(transcript.words, vectors)),
        engagement=_round(engagement(transcript)),
        novelty=_round(_novelty(conversation, transcript.words, corpus)),
        coherence=_round(coherence(transcript.words, vectors)),
        fluency=_round(fluency(transcript.words, transcript.texts)),
    )


def _novelty(
    conversation: Conversation, words: Sequence[Words], corpus: CorpusNovelty | None
) -> float:
    inner_novelty = novelty(words)
    corpus_part = corpus.novelty(conversation) if corpus else None
    # Neither makes up for the other: fresh noise, and what everybody says, are both boring.
    return inner_novelty if corpus_part is None else math.sqrt(inner_novelty * corpus_part)


def _round(value: float) -> float:
    return min(1.0, max(0.0, round(value, _DECIMALS)))
