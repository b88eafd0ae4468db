"""Tags that are marked where a turn says them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgp.explorer.highlights import Highlighter

texts = st.text("iIsSxX ç's’-_/会议قنİ.", max_size=40)


def marks(tags, text):
    return [(span.text, span.tag) for span in Highlighter(tags).spans(text) if span.tag]


@pytest.mark.parametrize(
    ("tag", "text", "marked"),
    [
        ("ferry timetable", "The Ferry-Timetable is late", ["Ferry-Timetable"]),
        ("budget", "two budgets, a budget’s end, budgetary", ["budgets", "budget’s"]),
        ("ice cream", "icecream and ice  cream", ["icecream", "ice  cream"]),
        ("art", "a cart, the arts, art", ["art"]),
        ("会议", "今天的会议很长", ["会议"]),
        ("قنات", "قنات آب", ["قنات"]),
        ("a", "a lot", []),
        ("İstanbul ferry", "to İstanbul ferry", ["İstanbul ferry"]),
    ],
)
def test_a_tag_is_marked_in_the_spellings_of_its_words(tag, text, marked):
    assert [said for said, _ in marks([tag], text)] == marked


def test_the_longer_of_two_tags_at_one_place_is_marked():
    assert marks(["ferry", "ferry line"], "The ferry line") == [("ferry line", "ferry line")]


@given(st.lists(texts, max_size=4), texts)
def test_the_spans_of_a_text_are_the_text(tags, text):
    spans = Highlighter(tags).spans(text)

    assert "".join(span.text for span in spans) == text
    assert {span.tag for span in spans} <= {None, *tags}
