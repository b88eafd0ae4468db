"""Vaults: what redaction took out, kept beside the conversation."""

import pytest

from cgp.store import StoreError


def test_a_vault_comes_back_as_it_was_saved(store, make_conversation):
    store.add_conversations([make_conversation("a"), make_conversation("b")])
    vault = {"[EMAIL_1]": "zoë@example.org", "[NAME_1]": "Zoë\0\ud83d"}
    store.save_vault("a", vault)
    assert store.vault_of("a") == vault
    assert store.vault_of("b") is None


def test_a_vault_is_replaced_whole(store, make_conversation):
    store.add_conversations([make_conversation("a")])
    store.save_vault("a", {"[EMAIL_1]": "x@example.org"})
    store.save_vault("a", {"[PHONE_1]": "112"})
    assert store.vault_of("a") == {"[PHONE_1]": "112"}


def test_a_vault_belongs_to_a_conversation(store):
    with pytest.raises(StoreError, match="no conversation 'nobody'"):
        store.save_vault("nobody", {})
