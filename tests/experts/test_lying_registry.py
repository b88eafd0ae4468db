"""Registries that hold blocks back, name them in another order, or answer without an end."""

import json
import threading
from dataclasses import replace

import pytest

from cgp.experts.block import SPECIFICATION, TENSORS, Kind, Payload, digest_of, sign
from cgp.experts.errors import Fault, RefusedError
from cgp.experts.exchange import INDEX, pull
from cgp.experts.ledger import Ledger, State
from cgp.experts.ledger_check import check
from cgp.experts.registry import MAX_INDEX, RegistryError, Repository
from tests.experts.test_hostile_registry import Writer
from tests.experts.test_registry_faults import registry
from tests.experts.world import BOB, OPERATOR, Clock, good, hand_in, judge, ledger, noise


def two_heads(folder, writer):
    """Make a ledger with two experts that were accepted one after the other; return its heads."""
    with ledger(folder, Clock()) as book:
        bench = judge(book)
        bench.decide(book, hand_in(book, good(0.4)).digest)
        bench.decide(book, hand_in(book, good(), keypair=BOB).digest)
        writer.add_ledger(book)
        assert len(book.history("language.german")) == 2
        return book.heads()


def test_a_blob_that_is_held_back_costs_its_block_alone_and_comes_later(tmp_path):
    # Prepare: the tensors of the first expert are away; its successor needs it as a parent.
    writer = Writer()
    heads = two_heads(tmp_path / "here", writer)
    with Ledger.open(tmp_path / "here", Clock()) as book:
        first = book.history("language.german")[1]
        waiting = hand_in(book, noise(1), "domain.other")
        writer.entries, writer.data = [], {}
        writer.add_ledger(book)
    digest = first.payload(TENSORS).digest
    data = writer.data.pop(digest)

    # Execute
    with registry(writer.answer) as address:
        early = pull(tmp_path / "there", Repository(address))
        with Ledger.open(tmp_path / "there", Clock()) as other:
            assert other.heads() == {}
            assert other.record(waiting.digest).state is State.PENDING
        writer.data[digest] = data
        late = pull(tmp_path / "there", Repository(address))

    # Assert
    assert "does not have" in early.refusals[0]
    assert late.refusals == ()
    with Ledger.open(tmp_path / "there", Clock()) as other:
        assert other.heads() == heads
        assert check(other).faults == ()


def test_verdicts_in_another_order_move_the_same_heads(tmp_path):
    # Prepare: the verdicts of the index change places.
    writer = Writer()
    heads = two_heads(tmp_path / "here", writer)
    with Ledger.open(tmp_path / "here", Clock()) as book:
        verdicts = [r.digest for r in book.records(kind=Kind.VERDICT)]
        experts = [r.digest for r in book.records(kind=Kind.EXPERT)]
    kept = [entry for entry in writer.entries if entry["digest"] not in verdicts]
    moved = [entry for entry in writer.entries if entry["digest"] in verdicts]
    writer.entries = [*kept, *reversed(moved)]

    # Execute
    with registry(writer.answer) as address:
        report = pull(tmp_path / "there", Repository(address))

    # Assert
    assert report.refusals == ()
    with Ledger.open(tmp_path / "there", Clock()) as other:
        assert other.heads() == heads
        assert [other.record(digest).state for digest in experts] == [State.ACCEPTED] * 2


def test_a_size_that_is_none_costs_its_block_alone(tmp_path):
    writer = Writer()
    with ledger(tmp_path / "here", Clock()) as book:
        fine = hand_in(book, good())
        writer.add_ledger(book)
        block = book.block(fine.digest)
        small = tuple(replace(payload, size=10) for payload in block.payloads)
        # Its bytes are there, and more than it says.
        writer.sign_and_add(replace(block, signer=BOB.ss58_address, payloads=small), BOB)

    with registry(writer.answer) as address:
        report = pull(tmp_path / "there", Repository(address))

    assert report.new == 2
    assert "more than 10 bytes" in report.refusals[0]


def test_a_signature_of_brackets_is_none(tmp_path):
    writer = Writer()
    with ledger(tmp_path / "here", Clock()) as book:
        writer.add_ledger(book)
        writer.add(replace(book.block(book.genesis.digest), name="other"), b"[" * 60_000)

    with registry(writer.answer) as address:
        report = pull(tmp_path / "there", Repository(address))

    assert "bad_signature" in report.refusals[0] or "wrong_model" in report.refusals[0]


@pytest.mark.parametrize(
    "change",
    [
        {"epoch_seconds": float("nan")},
        {"epoch_seconds": 1e300},
        {"least_windows": float("nan")},
        {"layers": {"language": 1.5}},
        {"layers": {"language": True}},
        {"threshold": -(10**6)},
        {"judges": [1]},
        {"experts": 10**30},
        {"null_draws": 10**6},
    ],
)
def test_a_first_block_with_numbers_that_are_none_is_refused(tmp_path, change):
    # Prepare
    writer = Writer()
    with ledger(tmp_path / "here", Clock()) as book:
        genesis = book.block(book.genesis.digest)
        data = book.blobs.get(genesis.payload(SPECIFICATION).digest)
    spoilt = json.dumps(json.loads(data) | change).encode()
    block = replace(genesis, payloads=(Payload.of(SPECIFICATION, spoilt),))
    writer.add(block, sign(block, OPERATOR), [spoilt])

    # Execute, Assert
    with registry(writer.answer) as address, pytest.raises(RefusedError) as caught:
        pull(tmp_path / "there", Repository(address))
    assert caught.value.fault is Fault.WRONG_MODEL


def challenge(handler, words):
    handler.send_response(401)
    handler.send_header("WWW-Authenticate", words)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def token_at(handler):
    return f'Bearer realm="http://{handler.headers["Host"]}/token",service="x"'


def pour(handler, status=200, **headers):
    """Send a body that does not end; count its pieces in the server."""
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    try:
        while handler.server.pieces < 1_000:
            handler.wfile.write(b" " * 100_000)
            handler.server.pieces += 1
    except OSError:
        handler.close_connection = True


def endless_token(handler):
    if handler.path.startswith("/token"):
        pour(handler)
    else:
        challenge(handler, token_at(handler))


def token_of_another_form(handler):
    if handler.path.startswith("/token"):
        handler.reply(200, b"[1]")
    else:
        challenge(handler, token_at(handler))


def redirect(handler, target):
    handler.send_response(307)
    handler.send_header("Location", target)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (endless_token, "more than"),
        (token_of_another_form, "login"),
        (lambda handler: challenge(handler, "no challenge"), "login"),
        (lambda handler: redirect(handler, handler.path), "redirects"),
        (lambda handler: redirect(handler, "file:///etc/passwd"), "file:"),
        (lambda handler: pour(handler, 307, Location="/elsewhere"), "more than"),
        (lambda handler: handler.reply(500, b"defect"), "500"),
    ],
)
def test_answers_without_an_end_or_a_sense_are_given_up(tmp_path, answer, words):
    def counted(handler):
        handler.server.pieces = getattr(handler.server, "pieces", 0)
        answer(handler)
        # What was poured before the reader left fits into the buffers of the connection.
        assert handler.server.pieces < 1_000

    with registry(counted) as address, pytest.raises(RegistryError, match=words):
        pull(tmp_path / "ledger", Repository(address))
    assert not (tmp_path / "ledger").exists()


def test_a_registry_that_drips_is_given_up():
    ends = threading.Event()

    def drip(handler):
        # Never silent for long, and never at the end of its headers.
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while not ends.wait(0.02):
            handler.wfile.write(b"x")

    with registry(drip) as address:
        try:
            with pytest.raises(RegistryError, match="no whole answer"):
                Repository(address, seconds=1.0).manifest("ledger", INDEX, MAX_INDEX)
        finally:
            ends.set()


def test_a_page_of_an_index_is_read_with_it_and_named_by_a_digest(tmp_path):
    # Prepare: the blocks stand in a page, and the index names nothing but the page.
    writer = Writer()
    heads = two_heads(tmp_path / "here", writer)
    page = json.dumps({"mediaType": INDEX, "manifests": writer.entries}).encode()
    writer.data[digest_of(page)] = page
    writer.entries = [{"mediaType": INDEX, "digest": digest_of(page), "size": len(page)}]

    # Execute
    with registry(writer.answer) as address:
        pull(tmp_path / "there", Repository(address))
        with Ledger.open(tmp_path / "there", Clock()) as other:
            assert other.heads() == heads
        writer.entries = [{"mediaType": INDEX, "digest": "latest"}]
        with pytest.raises(RegistryError, match="by digests"):
            pull(tmp_path / "there", Repository(address))
        writer.entries = [{"mediaType": INDEX, "digest": digest_of(page)}] * 51
        with pytest.raises(RegistryError, match="at most 50"):
            pull(tmp_path / "there", Repository(address))
