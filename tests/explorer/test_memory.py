"""Readings that are kept: until they are due again, and as long as the index is the same."""

from cgp.embedders import default_embedder
from cgp.explorer.index_memo import IndexMemo
from cgp.explorer.pace import Paced
from cgp.search import GenomeIndex


def test_a_paced_reading_is_read_at_once_and_kept_for_its_pause():
    times = []

    def read():
        times.append(None)
        # Long enough for a pause that the second question falls into.
        sum(range(200_000))
        return len(times)

    paced = Paced(read)

    assert (paced.value(), paced.value()) == (1, 1)


def test_a_memo_keeps_the_latest_answers_of_one_state_of_the_index():
    memo, asked = IndexMemo(most=2), []

    def answer(index, question):
        return memo.of(index, question, lambda: asked.append(question) or question)

    first, second = object(), object()
    for question in ("a", "b", "a", "c", "a", "b"):
        assert answer(first, question) == question
    answer(second, "a")

    # "b" was dropped for "c", "a" was asked about in between; another state is read anew.
    assert asked == ["a", "b", "c", "b", "a"]


def test_the_order_of_tags_is_that_of_their_list(folder):
    _, settings = folder
    with GenomeIndex.open(settings.index_dir, default_embedder(), read_only=True) as index:
        overview = index.overview()
        order = overview.tag_order().tolist()

        assert overview.tags_numbered(order) == overview.tags(start=0, count=100)
        assert overview.tags_numbered([order[0], -1]) == overview.tags(start=0, count=1)
