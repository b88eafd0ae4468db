"""Signed answers: attributable to the miner, and to no other question."""

import bittensor as bt
import pytest

from cgp.protocol import AnswerError
from cgp.signing import sign_answer, sign_request, verify_answer

TASK, ANSWER = b'{"task_id": "t-1"}', b'{"tags": []}'


@pytest.fixture
def exchange(keys):
    """The four things that anybody needs for the check."""
    asked = sign_request(
        keys["validator"],
        method="POST",
        path="/task",
        body=TASK,
        receiver=keys["miner"].ss58_address,
    )
    return {
        "headers": signed(keys["miner"], asked),
        "body": ANSWER,
        "request_headers": asked,
        "request_body": TASK,
    }


def signed(key, asked, body=ANSWER, **changes):
    fields = {
        "body": body,
        "request_body": TASK,
        "nonce": int(asked["X-Bittensor-Nonce"]),
        "validator": asked["X-Bittensor-Hotkey"],
    }
    return sign_answer(key, **fields | changes)


def verify(exchange, **changes):
    fields = exchange | changes
    verify_answer(fields.pop("headers"), fields.pop("body"), **fields)


def test_a_miner_s_answer_verifies(exchange):
    verify(exchange)


def test_header_names_may_come_in_any_case(exchange):
    verify(exchange, headers={k.upper(): v for k, v in exchange["headers"].items()})


def test_a_changed_answer_does_not_verify(exchange):
    with pytest.raises(AnswerError, match="unsigned"):
        verify(exchange, body=ANSWER + b" ")


def test_an_answer_is_bound_to_its_task(exchange):
    with pytest.raises(AnswerError, match="unsigned"):
        verify(exchange, request_body=TASK + b" ")


@pytest.mark.parametrize(
    "header", ["X-Bittensor-Nonce", "X-Bittensor-Hotkey", "X-Bittensor-Receiver"]
)
def test_an_answer_is_bound_to_its_request_and_to_both_parties(exchange, keys, header):
    other = {"X-Bittensor-Nonce": "1"}.get(header, keys["stranger"].ss58_address)
    with pytest.raises(AnswerError, match="unsigned"):
        verify(exchange, request_headers=exchange["request_headers"] | {header: other})


def test_nobody_else_can_answer_for_the_miner(exchange, keys):
    forged = signed(keys["stranger"], exchange["request_headers"])
    with pytest.raises(AnswerError, match="unsigned"):
        verify(exchange, headers=forged)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Cgp-Answer-Signature": ""},
        {"X-Cgp-Answer-Signature": "0x"},
        {"X-Cgp-Answer-Signature": "zz" * 64},
        {"X-Cgp-Answer-Signature": "00" * 64},
        {"X-Cgp-Answer-Signature": "00" * 65},
        {"X-Cgp-Answer-Signature": "ä\ud800"},
    ],
)
def test_a_missing_or_malformed_signature_is_an_unsigned_answer(exchange, headers):
    with pytest.raises(AnswerError) as caught:
        verify(exchange, headers=headers)
    assert caught.value.kind == "unsigned"


def test_a_wallet_is_refused_since_it_would_read_its_file_each_time(tmp_path):
    wallet = bt.Wallet("w", "h", str(tmp_path))
    with pytest.raises(TypeError, match=r"wallet\.hotkey"):
        sign_request(wallet, method="POST", path="/", body=b"", receiver="x")


def test_keys_of_another_type_are_refused():
    key = bt.sp_core.Keypair.create_from_uri("//ed", bt.sp_core.CRYPTO_ED25519)
    with pytest.raises(ValueError, match="sr25519"):
        sign_request(key, method="POST", path="/", body=b"", receiver="x")
