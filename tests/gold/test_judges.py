"""A judge of meaning: cosines of an encoder's vectors decide what words alone do not."""

import numpy as np
import pytest

from cgp.embedders import default_embedder
from cgp.gold import EncoderJudge, Outcome, match
from tests.gold.windows import annotated


class Embedder:
    """The subnet's embedder in the place of an encoder."""

    id = "static"

    def encode(self, texts):
        return default_embedder().embed(list(texts))


def test_cosines_of_every_tag_with_every_wording():
    judge = EncoderJudge(Embedder())

    cosines = judge.alike(["night bus", "bus"], ["night bus", "weather", "late bus"])

    assert cosines.shape == (2, 3)
    assert cosines[0, 0] == pytest.approx(1.0, abs=1e-5)
    assert np.all(cosines <= 1 + 1e-5)
    assert judge.name == "static"


def test_what_means_the_same_is_kept_though_its_words_differ():
    gold = annotated((("weather", 1), ("movie", 3)))

    strict, judged = match(gold, ["film"]), match(gold, ["film"], EncoderJudge(Embedder()))

    assert (strict.outcomes, strict.prizes) == ((Outcome.OTHER,), (None,))
    assert (judged.outcomes, judged.prizes) == ((Outcome.KEEP,), (1,))
