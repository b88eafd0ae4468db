"""An update goes over the wire as it is; anything else is refused by name before it can do harm."""

import base64
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cgp.mycelium.errors import Fault, MessageRefusedError
from cgp.mycelium.transports import LOBBY
from cgp.mycelium.updates import MAX_LINEAGE, Update
from cgp.mycelium.wire import MAX_MESSAGE_BYTES, canonical, seal
from cgp.tagmodel.head import INPUTS, MAX_PARAMETERS
from tests.mycelium.kit import head, hotkey, own_key, update


def refusal(data):
    with pytest.raises(MessageRefusedError) as caught:
        Update.read(data)
    return caught.value.fault


def with_fields(**changes):
    """Return a rightly signed document whose fields are not those of an update."""
    document = json.loads(update().sign(hotkey("Ada")))
    for name in ("key", "node", "signature"):
        del document[name]
    document |= changes
    return seal(
        {name: value for name, value in document.items() if value is not None}, hotkey("Ada")
    )


def encoded(numbers):
    return base64.b64encode(np.asarray(numbers, dtype="<f4").tobytes()).decode()


@pytest.mark.parametrize("key", [hotkey("Ada"), own_key("Ada")], ids=["hotkey", "ed25519"])
def test_an_update_comes_back_as_it_was_sent_and_fits_the_wire(key):
    # Prepare: the fullest update that there is.
    names = tuple(f"{n:064x}" for n in range(MAX_LINEAGE))
    sent = update(lineage=names, privacy_unit="node", rho_micro=5000)

    # Execute
    data = sent.sign(key)
    read = Update.read(data)

    # Assert
    assert len(data) <= MAX_MESSAGE_BYTES
    assert (read.node, read.group, read.round, read.lineage) == (
        key.ss58_address, "harbour", 3, names,
    )  # fmt: skip
    assert read.rho == pytest.approx(0.005)
    np.testing.assert_array_equal(read.head, sent.head)
    assert read.digest == sent.digest
    read.as_head()


def test_the_largest_head_that_a_schema_may_have_fits_too():
    numbers = head()
    whole = np.resize(numbers, MAX_PARAMETERS)
    data = update(head=whole, lineage=()).sign(hotkey("Ada"))
    assert len(data) <= MAX_MESSAGE_BYTES
    assert refusal(data) is Fault.WRONG_SHAPE  # it is not this release's


def test_a_changed_byte_anywhere_is_refused():
    data = update().sign(hotkey("Ada"))
    for place in range(0, len(data), 97):
        changed = bytearray(data)
        changed[place] ^= 1
        assert refusal(bytes(changed)) in set(Fault)


def test_an_update_in_the_name_of_another_node_is_refused():
    document = json.loads(update().sign(hotkey("Ada")))
    document["node"] = hotkey("Ben").ss58_address
    assert refusal(canonical(document)) is Fault.BAD_SIGNATURE


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"head": encoded(np.full(INPUTS + 1, np.nan))}, Fault.NOT_FINITE),
        ({"head": encoded(np.full(INPUTS + 1, np.inf))}, Fault.NOT_FINITE),
        ({"head": encoded(np.full(INPUTS + 1, 1e6))}, Fault.TOO_GREAT),
        ({"head": encoded(np.zeros(INPUTS))}, Fault.WRONG_SHAPE),
        ({"head": "AAA"}, Fault.WRONG_FIELDS),
        ({"weight": 1_000_000_000}, Fault.WRONG_WEIGHT),
        ({"weight": 0}, Fault.WRONG_WEIGHT),
        ({"weight": True}, Fault.WRONG_WEIGHT),
        ({"schema": "f" * 16}, Fault.WRONG_SCHEMA),
        ({"round": -1}, Fault.WRONG_FIELDS),
        ({"group": "../harbour"}, Fault.WRONG_FIELDS),
        ({"group": LOBBY}, Fault.WRONG_FIELDS),
        ({"group": 'x" } ; DROP ALL #'}, Fault.WRONG_FIELDS),
        ({"lineage": ["0" * 64] * (MAX_LINEAGE + 1)}, Fault.WRONG_FIELDS),
        ({"settings": {"pull": "3"}}, Fault.WRONG_FIELDS),
        ({"version": 2}, Fault.WRONG_FIELDS),
        ({"kind": ["update"]}, Fault.WRONG_FIELDS),
        ({"kind": "round"}, Fault.WRONG_FIELDS),
        ({"note": "hello"}, Fault.WRONG_FIELDS),
        ({"weight": None}, Fault.WRONG_FIELDS),
    ],
)
def test_a_signed_update_with_a_wrong_field_is_refused_by_name(changes, fault):
    assert refusal(with_fields(**changes)) is fault


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", Fault.NOT_CANONICAL),
        (b"[" * 5000, Fault.NOT_CANONICAL),
        (b'{"a":1e999}', Fault.NOT_CANONICAL),
        (b'{"a":NaN}', Fault.NOT_CANONICAL),
        (b'{"a":1,"a":1}', Fault.NOT_CANONICAL),
        (b'{"a": 1}', Fault.NOT_CANONICAL),
        (b'{"b":1,"a":1}', Fault.NOT_CANONICAL),
        ("{\"a\":\"ü\"}".encode(), Fault.NOT_CANONICAL),
        (b'{"a":' + b"9" * 5000 + b"}", Fault.NOT_CANONICAL),
        (b'{"a":1}', Fault.BAD_SIGNATURE),
        (b'"' + b"a" * MAX_MESSAGE_BYTES + b'"', Fault.TOO_LARGE),
    ],
)  # fmt: skip
def test_bytes_that_are_no_message_are_refused_before_they_are_read(data, fault):
    assert refusal(data) is fault


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_else(data):
    assert refusal(data) in set(Fault)
