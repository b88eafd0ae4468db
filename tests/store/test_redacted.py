"""A conversation leaves the store redacted, once for each policy, and only the store can undo it."""

import threading
import time

import pytest
import sqlalchemy as sa

from cgp.privacy import STANDARD, Kind, RedactionPolicy, Vault, restore_text
from cgp.privacy import redaction as redaction_module
from cgp.store import RedactingAhead, redactions
from cgp.store.engine import open_engine
from cgp.store.schema import redactions as table

SAID = "Write to jane.doe@example.com"
NOTHING = RedactionPolicy(kinds=frozenset())


@pytest.fixture
def redacting(monkeypatch):
    """Counts how often a conversation is redacted, by id; the redaction itself is the real one."""
    redacted: list[str] = []
    real = redactions.redact

    def counted(conversation, policy):
        redacted.append(conversation.id)
        return real(conversation, policy)

    monkeypatch.setattr(redactions, "redact", counted)
    return redacted


def kept(url):
    engine = open_engine(url)
    with engine.begin() as connection:
        rows = connection.execute(sa.select(table.c.policy, table.c.document)).all()
    engine.dispose()
    return {row.policy: row.document for row in rows}


def test_what_leaves_is_redacted_and_the_vault_stays(store, make_conversation):
    conversation = make_conversation("c", text=SAID)
    store.add_conversations([conversation])
    safe = store.redacted(conversation, STANDARD)
    assert "jane.doe" not in str(safe)
    assert "[EMAIL_1]" in safe.turns[0].text
    vault = Vault(store.vault_of("c"))
    assert restore_text(safe.turns[0].text, vault) == conversation.turns[0].text
    assert store.conversation("c") == conversation
    assert store.redacted(conversation, STANDARD) == safe


def test_nothing_is_taken_out_where_nothing_is_asked_for(store, make_conversation):
    conversation = make_conversation("c", text=SAID)
    store.add_conversations([conversation])
    assert store.redacted(conversation, NOTHING) == conversation
    assert store.vault_of("c") == {}


def test_an_error_of_the_database_is_told_without_the_values(store_url):
    engine = open_engine(store_url)
    asked = sa.text("SELECT * FROM no_table WHERE said = :said")
    with pytest.raises(sa.exc.DBAPIError) as caught, engine.connect() as connection:
        connection.execute(asked, {"said": SAID})
    engine.dispose()
    assert "no_table" in str(caught.value)
    assert "jane.doe" not in str(caught.value)


def test_a_conversation_is_redacted_once_for_each_policy(store, make_conversation, redacting):
    conversation = make_conversation("c", text=SAID)
    store.add_conversations([conversation])
    first = [store.redaction_of(conversation, STANDARD) for _ in range(3)]
    other = [store.redaction_of(conversation, NOTHING) for _ in range(3)]
    assert redacting == ["c", "c"]
    assert first[0] == first[1] == first[2]
    assert first[2].counts[Kind.EMAIL] > 0
    assert other[2].conversation == conversation


def test_a_vault_with_odd_characters_comes_back_as_it_was(store, make_conversation):
    conversation = make_conversation("c", text="My password is zoë\ud83d4711!")
    store.add_conversations([conversation])
    made = store.redaction_of(conversation, STANDARD)
    assert store.vault_of("c") == dict(made.vault.originals)
    assert "zoë\ud83d4711!" in made.vault.originals.values()


def test_a_new_version_of_redaction_redoes_it_and_keeps_the_vaults(
    store, store_url, make_conversation, redacting, monkeypatch
):
    conversation = make_conversation("c", text=SAID)
    store.add_conversations([conversation])
    store.redacted(conversation, STANDARD)
    before = STANDARD.name
    monkeypatch.setattr(
        redaction_module, "REDACTION_VERSION", redaction_module.REDACTION_VERSION + 1
    )
    store.redacted(conversation, STANDARD)
    assert redacting == ["c", "c"]
    documents = kept(store_url)
    assert documents[before] == {}
    assert documents[STANDARD.name]["id"] == "c"
    assert store.vault_of("c") is not None


def test_the_name_of_a_policy_tells_nothing_of_its_key():
    names = {
        policy.name
        for policy in (
            STANDARD,
            NOTHING,
            RedactionPolicy(pseudonym_key=b"k" * 16),
            RedactionPolicy(pseudonym_key=b"l" * 16),
        )
    }
    assert len(names) == 4
    assert RedactionPolicy().name == STANDARD.name
    assert all(len(name) <= 64 for name in names)


def test_a_conversation_that_is_not_stored_here_is_redacted_and_nothing_is_kept(
    store, make_conversation
):
    stranger = make_conversation("elsewhere", text=SAID)
    assert "jane.doe" not in str(store.redacted(stranger, STANDARD))
    assert store.vault_of("elsewhere") is None


def test_a_conversation_of_the_same_id_with_other_words_gets_its_own(store, make_conversation):
    mine, theirs = (
        make_conversation("c", text=SAID),
        make_conversation("c", text="Ring 07911 823466"),
    )
    store.add_conversations([mine])
    store.redacted(mine, STANDARD)
    assert "[PHONE_1]" in store.redacted(theirs, STANDARD).turns[0].text
    assert "[EMAIL_1]" in store.redacted(mine, STANDARD).turns[0].text


def test_what_is_next_in_line_is_redacted_ahead(store, make_conversation, redacting):
    talks = [make_conversation(f"c{i}", text=f"{SAID} {i}") for i in range(5)]
    store.add_conversations(talks)
    ahead = RedactingAhead(store, STANDARD, count=3)
    ahead.wake().result(30)
    assert redacting == ["c0", "c1", "c2"]
    ahead.wake().result(30)
    assert redacting == ["c0", "c1", "c2", "c3", "c4"]
    ahead.close()
    lease = store.reserve("validator", 60)
    store.redacted(lease.conversation, STANDARD)
    assert len(redacting) == 5
    assert store.next_unredacted(STANDARD, 9) == []
    assert store.next_unredacted(NOTHING, 9) == [f"c{i}" for i in range(5)]


def test_others_write_while_a_long_conversation_is_redacted(
    store, store_url, make_conversation, monkeypatch
):
    conversation = make_conversation("c", text=SAID)
    store.add_conversations([conversation])
    begun, go_on = threading.Event(), threading.Event()
    real = redactions.redact

    def slow(conversation, policy):
        begun.set()
        assert go_on.wait(240)
        return real(conversation, policy)

    monkeypatch.setattr(redactions, "redact", slow)
    ahead = RedactingAhead(store, STANDARD)
    making = ahead.wake()
    assert begun.wait(240)
    start = time.monotonic()
    store.add_conversations([make_conversation("d")])
    assert store.reserve("validator", 60) is not None
    go_on.set()
    assert time.monotonic() - start < 200, "a writer had to wait for the redaction"
    making.result(240)
    ahead.close()
    assert store.kept_redaction(conversation, STANDARD) is not None
