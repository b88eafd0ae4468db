"""Whatever a signed activity or a document holds, it is understood or refused, and nothing else."""

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cgp.mycelium.fediverse.actor_records import Effects
from cgp.mycelium.fediverse.documents import RemoteActor, actor_of, read_document
from cgp.mycelium.fediverse.errors import DocumentError
from cgp.mycelium.fediverse.inbox import arrival_of
from cgp.mycelium.fediverse.local_actor import LocalActor

US = LocalActor("https://us.example", "fungus")
SENDER = RemoteActor(
    "https://a.example/u", "https://a.example/i", "https://a.example/i", "u", False, ()
)

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.sampled_from(
        [
            SENDER.id,
            US.id,
            "Follow",
            "Note",
            "https://a.example/1",
            "SporeMessage",
            "https://[x",
            "https://a:b/",
        ]
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
NOTE = {
    "id": "https://a.example/1", "type": "Note", "attributedTo": SENDER.id, "content": "tag: x",
    "to": [US.id], "tag": [{"type": "Mention", "href": US.id}], "topic": "lobby", "message": "x",
}  # fmt: skip
FOLLOW = {"id": "https://a.example/2", "type": "Follow", "actor": SENDER.id, "object": US.id}
ACTIVITIES = [
    FOLLOW,
    *({"id": "https://a.example/3", "type": kind, "actor": SENDER.id, "object": FOLLOW} for kind in ("Undo", "Accept", "Reject")),
    *({"id": "https://a.example/4", "type": "Create", "actor": SENDER.id, "object": NOTE | {"type": kind}}
      for kind in ("Note", "SporeMessage")),
    {"id": "https://a.example/5", "type": "Delete", "actor": SENDER.id, "object": SENDER.id},
]  # fmt: skip


def places(document, path=()):
    """Yield the paths of all fields within a document."""
    for name, value in document.items() if isinstance(document, dict) else ():
        yield (*path, name)
        yield from places(value, (*path, name))


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(ACTIVITIES), values)
def test_a_changed_field_is_understood_or_refused(data, activity, value):
    document = json.loads(json.dumps(activity))
    path = data.draw(st.sampled_from(sorted(places(document))))
    target = document
    for name in path[:-1]:
        target = target[name]
    target[path[-1]] = value
    try:
        arrival = arrival_of(document, SENDER, US, ("babyfungus",), 0.0)
    except DocumentError:
        return
    # Whatever it does, it does for its sender alone.
    effects = arrival.effects
    assert effects.remove_follower in {"", SENDER.id}
    assert effects.forget_actor in {"", SENDER.id}
    assert effects.add_follower is None or effects.add_follower.actor == SENDER.id
    assert effects.question is None or effects.question.author == SENDER.id


@settings(max_examples=60, deadline=None)
@given(values)
def test_any_document_is_an_actor_or_refused(value):
    for document in (
        value,
        {"id": SENDER.id, "inbox": SENDER.inbox, "publicKey": value, "endpoints": value},
    ):
        if isinstance(document, dict):
            with contextlib.suppress(DocumentError):
                actor_of(document)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_a_document_or_refused(data):
    with contextlib.suppress(DocumentError):
        assert isinstance(read_document(data), dict)


@pytest.mark.parametrize("kind", ["Like", "Announce", "Update", "Move", "", None, 7])
def test_an_activity_of_another_kind_does_nothing(kind):
    assert arrival_of(FOLLOW | {"type": kind}, SENDER, US, (), 0.0).effects == Effects()
