"""Adding conversations: nothing twice, nothing lost."""

import pytest

from cgp.conversation import Conversation, Participant, Turn
from cgp.store import ImportCounts, Store, StoreError


def test_a_conversation_comes_back_as_it_was_added(store, make_conversation):
    conversation = make_conversation("a")
    assert store.add_conversations([conversation]) == ImportCounts(added=1, known=0)
    assert store.conversation("a") == conversation
    assert store.conversation("b") is None


def test_what_is_known_by_id_or_by_content_is_skipped(store, make_conversation):
    store.add_conversations([make_conversation("a", "hello")])
    again = [
        make_conversation("a", "other words"),
        make_conversation("b", "hello"),
        make_conversation("c", "new"),
        make_conversation("d", "new"),
        make_conversation("c", "newer"),
    ]
    assert store.add_conversations(again) == ImportCounts(added=1, known=4)
    assert [status.id for status in store.conversation_statuses()] == ["a", "c"]


def test_a_long_import_is_counted_across_batches(store, make_conversation):
    offered = (make_conversation(str(i % 500)) for i in range(1000))
    assert store.add_conversations(offered) == ImportCounts(added=500, known=500)
    assert store.count_conversations()["waiting"] == 500


def test_text_that_is_not_valid_unicode_survives(store):
    odd = Conversation("x", "a\0b\ud800", (Participant("Zoë\ud83d"),), (Turn(0, "a\0b \udfff ok"),))
    store.add_conversations([odd])
    stored = store.conversation("x")
    assert [turn.text for turn in stored.turns] == ["a\0b ? ok"]
    assert stored.content_hash == odd.content_hash
    assert [status.source for status in store.conversation_statuses()] == ["ab?"]


@pytest.mark.parametrize("url", ["nonsense", "mysql://x/y", "sqlite://", "sqlite:///:memory:"])
def test_an_unusable_address_is_refused_with_what_is_allowed(url):
    with pytest.raises(StoreError, match="sqlite"):
        Store(url)


def test_an_unreadable_database_is_a_clear_error(tmp_path):
    (tmp_path / "folder.sqlite").mkdir()
    with pytest.raises(StoreError, match="cannot open the store"):
        Store(f"sqlite:///{tmp_path / 'folder.sqlite'}")
    (tmp_path / "junk.sqlite").write_bytes(b"not a database at all, " * 200)
    with pytest.raises(StoreError, match="cannot open the store"):
        Store(f"sqlite:///{tmp_path / 'junk.sqlite'}")
