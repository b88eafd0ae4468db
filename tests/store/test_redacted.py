"""A conversation leaves the store redacted, and only the store can undo it."""

from cgp.privacy import STANDARD, RedactionPolicy, Vault, restore_text

SAID = "Write to jane.doe@example.com"


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


def test_nothing_is_kept_where_nothing_is_redacted(store, make_conversation):
    conversation = make_conversation("c", text=SAID)
    store.add_conversations([conversation])
    assert store.redacted(conversation, RedactionPolicy(kinds=frozenset())) == conversation
    assert store.vault_of("c") is None
