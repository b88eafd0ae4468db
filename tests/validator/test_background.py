"""Background windows: of other conversations, in the same language first, repeatable."""

import pytest

from cgp.conversation import Conversation, Participant, Turn
from cgp.store import Store
from cgp.windows import WindowPlan
from validator.background import Background, background_of

PLAN = WindowPlan(characters=100, turns=2, overlap=0)


def talk(identifier, language="en", turns=6):
    return Conversation(
        identifier,
        "test",
        (Participant("A"),),
        tuple(Turn(0, f"{identifier} says thing number {i}") for i in range(turns)),
        language=language,
    )


@pytest.fixture
def store(tmp_path):
    opened = Store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    yield opened
    opened.close()


def test_the_first_conversation_of_all_has_no_background(store):
    store.add_conversations([talk("a")])
    assert background_of(store, talk("a"), PLAN, 8, 1) == Background()


def test_background_is_of_other_conversations_one_window_each_first(store):
    store.add_conversations(talk(name) for name in "abcd")
    background = background_of(store, talk("a"), PLAN, 3, 1)
    assert sorted(r.conversation_id for r in background.references) == ["b", "c", "d"]
    for window, reference in zip(background.windows, background.references, strict=True):
        whole = store.conversation(reference.conversation_id)
        assert window == whole.excerpt(reference.start, reference.stop)


def test_few_conversations_give_several_windows_each(store):
    store.add_conversations([talk("a"), talk("b", turns=4), talk("c", turns=2)])
    assert len(background_of(store, talk("a"), PLAN, 8, 1).windows) == 3
    assert len(background_of(store, talk("a"), PLAN, 2, 1).windows) == 2
    assert background_of(store, talk("a"), PLAN, 0, 1) == Background()


def test_the_same_language_comes_first(store):
    store.add_conversations([*(talk(f"d{i}", "de") for i in range(9)), talk("e1"), talk("e2")])
    background = background_of(store, talk("a"), PLAN, 3, 1)
    names = [reference.conversation_id for reference in background.references]
    assert {"e1", "e2"} < set(names)
    assert len(names) == 3


def test_the_choice_is_repeatable_and_depends_on_the_seed(store):
    store.add_conversations(talk(f"c{i}") for i in range(30))
    first, again, other = (background_of(store, talk("a"), PLAN, 5, seed) for seed in (1, 1, 2))
    assert first == again
    assert first.references != other.references
