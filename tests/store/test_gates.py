"""Gates of stored conversations: each is made once, and anew when the conversation has grown."""

from contextlib import closing
from dataclasses import replace

import pytest

from cgp.conversation import Conversation, Participant, Turn
from cgp.privacy import STANDARD
from cgp.store import Gates, Store

TALK = Conversation("talk", "chat", (Participant("Ann"),), (Turn(0, "Write to ann@example.com."),))


def test_a_gate_is_kept_until_the_conversation_has_grown(tmp_path):
    # Prepare
    with closing(Store(f"sqlite:///{tmp_path / 'store.sqlite'}")) as store:
        store.add_conversations([TALK])
        gates = Gates(store, STANDARD)
        first = gates.of("talk")

        # Execute
        same = gates.of("talk")
        longer = replace(TALK, turns=(*TALK.turns, Turn(0, "Or call Bo.")))
        store.take_conversations([longer])
        after = gates.of("talk")

    # Assert
    assert same is first
    assert [turn.text for turn in after.conversation.turns][-1] == "Or call Bo."
    assert "ann@example.com" not in after.conversation.transcript


@pytest.mark.parametrize(("spare", "kept"), [(0, True), (-1, False)])
def test_text_beyond_the_limit_is_let_go_and_grown_text_counts_once(tmp_path, spare, kept):
    # Prepare
    longer = replace(TALK, turns=(*TALK.turns, Turn(0, "Or call Bo.")))
    other = replace(TALK, id="other", turns=(Turn(0, "Hello."),))
    size = sum(len(turn.text) for turn in (*longer.turns, *other.turns))
    with closing(Store(f"sqlite:///{tmp_path / 'store.sqlite'}")) as store:
        store.add_conversations([TALK, other])
        gates = Gates(store, STANDARD, most_characters=size + spare)
        gates.of("talk")
        first = gates.of("other")

        # Execute
        store.take_conversations([longer])
        gates.of("talk")
        second = gates.of("other")

    # Assert
    assert (second is first) is kept


def test_there_is_no_gate_of_an_unknown_conversation(tmp_path):
    with closing(Store(f"sqlite:///{tmp_path / 'store.sqlite'}")) as store:
        assert Gates(store, STANDARD).of("none") is None
