"""The conversations that a local network is given: new ones, ones that have grown, and none."""

from contextlib import closing

import pytest

from cgp.localnet import LocalnetError
from cgp.localnet.setup import add_conversations
from cgp.sources.paths import read_paths
from cgp.store import Store

CHAT = (
    "[02.03.24, 09:00:00] Ann: The tram is late again.\n"
    "[02.03.24, 09:01:00] Ben: Buy a bicycle, then.\n"
)
MORE = "[02.03.24, 09:02:00] Ann: In this rain?\n"


@pytest.fixture
def store(tmp_path):
    with closing(Store(f"sqlite:///{tmp_path / 'store.sqlite'}")) as store:
        yield store


def records_in(folder, name, text):
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return list(read_paths([file]))


def test_a_chat_that_has_grown_replaces_the_shorter_one(tmp_path, store):
    # Prepare
    add_conversations(store, records_in(tmp_path, "chat.txt", CHAT), None)

    # Execute
    report = add_conversations(store, records_in(tmp_path, "longer.txt", CHAT + MORE), None)

    # Assert
    assert (report.added, report.grown) == (0, 1)
    (status,) = store.conversation_statuses()
    assert [turn.text for turn in store.conversation(status.id).turns][-1] == "In this rain?"


def test_the_samples_come_into_a_store_that_has_no_others(tmp_path, store):
    add_conversations(store, None, 2)
    assert sum(store.count_conversations().values()) == 2

    add_conversations(store, records_in(tmp_path, "chat.txt", CHAT), None)
    add_conversations(store, None, 5)
    assert sum(store.count_conversations().values()) == 3


def test_a_network_without_a_conversation_says_so(store):
    with pytest.raises(LocalnetError, match="name some with --conversations"):
        add_conversations(store, [], None)
