"""Windows that share turns: a passage is shown once, and the next result takes the place."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from cgp.embedders import default_embedder
from cgp.search import GenomeIndex, Hit, IndexedWindow
from cgp.search.passages import each_passage_once
from tests.search.corpus import records

TURNS = (
    "Ann: The bread was late again.",
    "Ben: Then we had none.",
    "Ann: My sourdough needs a warmer kitchen.",
    "Ben: Put it on the oven.",
    "Ann: The oven is broken.",
    "Ben: Ask the landlord, he has a new one.",
)


def window(start, stop, talk="talk"):
    text = "\n".join(TURNS[start:stop])
    return Hit(1.0 - start / 100, talk, start=start, stop=stop, text=text)


def places(hits):
    return [(hit.start, hit.stop, hit.repeats) for hit in hits]


def test_the_better_of_two_windows_shows_their_passage_and_the_next_takes_the_place():
    hits = [window(0, 3), window(2, 5), window(3, 6)]
    assert places(each_passage_once(hits, "sourdough", 2)) == [(0, 3, 1), (3, 6, 0)]
    assert places(each_passage_once(hits[:2], "sourdough", 2)) == [(0, 3, 1)]


def test_windows_with_passages_of_their_own_stay():
    hits = [window(0, 3), window(2, 5)]
    assert each_passage_once(hits, "bread oven", 2) == hits
    # The shared turn says one of the words, another turn of the second window says two.
    assert each_passage_once(hits, "sourdough oven broken", 2) == hits
    other_talk = [window(0, 3), window(2, 5, "another talk")]
    assert each_passage_once(other_talk, "sourdough", 2) == other_talk
    apart = [window(0, 3), replace(window(2, 5), start=9, stop=12)]
    assert each_passage_once(apart, "sourdough", 2) == apart


def test_a_window_that_says_the_words_at_one_more_place_stays():
    lines = ["Ann: Bread?", "Ben: My sourdough is warm.", "Ann: Good.", "Ben: Sourdough needs rye."]
    hits = [
        Hit(1.0, "talk", start=0, stop=2, text="\n".join(lines[:2])),
        Hit(0.9, "talk", start=1, stop=4, text="\n".join(lines[1:])),
    ]
    assert each_passage_once(hits, "sourdough", 5) == hits
    # The same line is said at two places, and answered otherwise.
    lines = ["Ann: The budget?", "Ben: Five.", "Ann: And then?", "Ann: The budget?", "Ben: Nine."]
    hits = [
        Hit(1.0, "talk", start=0, stop=3, text="\n".join(lines[:3])),
        Hit(0.9, "talk", start=2, stop=5, text="\n".join(lines[2:])),
    ]
    assert each_passage_once(hits, "budget", 5) == hits


def test_windows_found_by_meaning_alone_repeat_where_they_are_mostly_the_same():
    hits = [window(0, 4), window(1, 4), window(3, 6), replace(window(5, 6), text="")]
    shown = each_passage_once(hits, "patisserie", 4)
    assert places(shown) == [(0, 4, 1), (3, 6, 0), (5, 6, 0)]


@given(
    spans=st.lists(st.tuples(st.integers(0, 5), st.integers(1, 6)), max_size=12),
    query=st.sampled_from(["sourdough", "oven", "bread late", "patisserie", "?!"]),
    count=st.integers(1, 12),
)
def test_order_and_scores_stay_and_every_window_is_shown_or_counted(spans, query, count):
    hits = [window(start, stop) for start, stop in dict.fromkeys(spans) if start < stop]
    shown = each_passage_once(iter(hits), query, count)
    rest = iter(hits)
    assert all(replace(hit, repeats=0) in rest for hit in shown)  # in the same order
    whole = each_passage_once(hits, query, len(hits) + 1)
    assert sum(1 + hit.repeats for hit in whole) == len(hits)
    assert [(h.start, h.stop) for h in shown] == [(h.start, h.stop) for h in whole[:count]]


def test_a_search_fills_the_places_of_repeats(tmp_path):
    [record, *_] = records()
    lines = [f"Ann: Sourdough of kind {number}." for number in range(12)]
    windows = [IndexedWindow(n, n + 2, "\n".join(lines[n : n + 2])) for n in range(11)]
    with GenomeIndex.open(tmp_path, default_embedder()) as index:
        index.add([replace(record, tags=(), windows=tuple(w for w in windows for _ in range(3)))])
        whole = index.search("sourdough", count=50)
        assert [len(index.search("sourdough", count=count)) for count in (1, 5, 11)] == [1, 5, 11]
    assert {hit.start for hit in whole} == set(range(11))
    assert [hit.repeats for hit in whole] == [2] * 11
