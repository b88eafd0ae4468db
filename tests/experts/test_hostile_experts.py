"""Experts of hostile authors: what is dear to read is refused early, and what is many is bounded."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from bittensor.sp_core import Keypair
from bittensor.wallet import Wallet
from typer.testing import CliRunner

from cgp.bounded_files import FileTooLargeError
from cgp.cli.app import app
from cgp.experts.block import Block, Kind, sign
from cgp.experts.errors import Fault, RefusedError
from cgp.experts.judging import count_verdict
from cgp.experts.ledger import Ledger, State
from cgp.experts.ledger_check import check
from cgp.experts.submission import Submission, expert_submission, submit
from cgp.experts.tensors import MAX_TENSORS
from tests.experts.test_ledger import refused, with_tensors
from tests.experts.world import (
    ALICE,
    BOB,
    OPERATOR,
    Clock,
    german_gate,
    good,
    hand_in,
    judge,
    ledger,
    noise,
    registered,
    specification,
)


@pytest.fixture
def book(tmp_path):
    with ledger(tmp_path / "ledger") as made:
        yield made


def tree(depth, inputs):
    """Return the file of a whole tree of this depth."""
    from safetensors.numpy import save

    paths = [""]
    for path in paths:
        if len(path) < depth:
            paths += [path + "l", path + "r"]
    tensors = {}
    for path in paths:
        tensors[f"n.{path}.u"] = np.ones((inputs, 1), np.float32)
        tensors |= {f"n.{path}.{name}": np.ones(1, np.float32) for name in "cv"}
        if len(path) < depth:
            tensors[f"n.{path}.w"] = np.ones(inputs, np.float32)
            tensors[f"n.{path}.b"] = np.ones(1, np.float32)
    return save(tensors)


def test_files_of_thousands_of_tensors_are_refused_in_few_words(book):
    from safetensors.numpy import save

    one = np.ones(1, np.float32)
    files = [
        save({f"t{n}": one for n in range(MAX_TENSORS + 1)}),
        save({f"t{n}": one for n in range(5_000)}),
        save({"w" * 4_000_000: one}),
    ]
    for data in files:
        with pytest.raises(RefusedError) as caught:
            submit(book, with_tensors(book, data), registered)
        assert caught.value.fault is Fault.WRONG_TENSORS
        assert len(str(caught.value)) < 500


def test_a_great_tree_of_another_width_is_refused(book):
    assert refused(book, with_tensors(book, tree(10, 1), "fractal")) is Fault.WRONG_TENSORS


def test_a_forged_signature_is_refused_before_the_tensors_are_read(book):
    spoilt = with_tensors(book, b"no tensors")
    forged = replace(spoilt.block, signer=BOB.ss58_address)

    stolen = Submission(forged, spoilt.signature, spoilt.payloads)

    assert refused(book, stolen) is Fault.BAD_SIGNATURE


@pytest.mark.parametrize("signature", [b"[" * 60_000, b"{}", b"\xff", b"[]", b'{"annotations": 1}'])
def test_a_signature_that_is_none_is_refused(book, signature):
    fine = expert_submission(book, "language.german", good(), german_gate(), ALICE)

    assert refused(book, replace(fine, signature=signature)) is Fault.BAD_SIGNATURE


@pytest.mark.parametrize("signer", ["", "x", f"0x{'11' * 32}", "\ud800", "5" * 48, "é" * 48])
def test_a_signer_that_is_no_hotkey_is_refused(book, signer):
    fine = expert_submission(book, "language.german", good(), german_gate(), ALICE)
    forged = replace(fine.block, signer=signer)
    signature = sign(fine.block, ALICE)

    stolen = Submission(forged, signature, fine.payloads)

    assert refused(book, stolen) is Fault.BAD_SIGNATURE


def test_programs_that_begin_a_ledger_at_once_make_one_first_block(tmp_path):
    barrier = threading.Barrier(8)

    def begin(number):
        barrier.wait()
        clock = Clock()
        clock.now += number
        with Ledger.create(tmp_path / "ledger", specification(), OPERATOR, clock) as made:
            return made.genesis.digest

    with ThreadPoolExecutor(8) as pool:
        digests = set(pool.map(begin, range(8)))

    with Ledger.open(tmp_path / "ledger") as made:
        assert {record.digest for record in made.records(kind=Kind.META)} == digests
        assert len(digests) == 1
        assert check(made).faults == ()


def test_a_layer_takes_no_more_experts_than_it_has_room_for(tmp_path):
    # Prepare: a layer of one, and two submissions that wait at once.
    with ledger(tmp_path / "ledger", experts=1, layers={"language": 1}) as book:
        bench = judge(book)
        first = hand_in(book, good(), "language.first")
        second = hand_in(book, noise(2), "language.second", BOB)
        bench.decide(book, first.digest)
        subject = book.block(second.digest)
        notes = {"accepted": "1", "reason": "gain", "gain": "9000", "routed": "500000"}
        verdict = Block(
            Kind.VERDICT, "verdict", OPERATOR.ss58_address, book.now(), (second.digest,),
            notes={**notes, "against": book.against()},
        )  # fmt: skip

        # Execute: a judge says that the second one gains, too.
        book.transact(
            partial(count_verdict, specification=book.specification, block=subject, verdict=verdict)
        )

        # Assert: there is no room for it, nor for a third one.
        assert book.record(first.digest).state is State.ACCEPTED
        late = book.record(second.digest)
        assert (late.state, late.reason) == (State.STALE, "language has no room for it")
        assert list(book.heads()) == ["language.first"]
        carol = Keypair.create_from_uri("//Carol")
        third = expert_submission(book, "language.third", noise(1), german_gate(), carol)
        with pytest.raises(RefusedError, match="replace one of them"):
            submit(book, third, lambda _: True)


@pytest.mark.parametrize(
    "command",
    [
        ["experts", "submit", "/dev/zero", "--name", "source.x", "--any-signer"],
        ["fractal", "plot", "/dev/zero", "--out", "tree.svg"],
        ["fractal", "teach", "/dev/zero", "--out", "mine.talk"],
    ],
)
def test_a_device_without_an_end_is_no_file_of_an_expert(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    wallet = Wallet(name="try", path=str(tmp_path), hotkey="default")
    wallet.create_new_coldkey(use_password=False, suppress=True)
    wallet.create_new_hotkey(use_password=False, suppress=True)
    environment = {"WALLET_PATH": str(tmp_path), "WALLET_NAME": "try"}

    result = CliRunner().invoke(app, command, env=environment)

    assert isinstance(result.exception, FileTooLargeError)
    assert list(tmp_path.iterdir()) == [tmp_path / "try"]


def test_a_folder_in_the_place_of_a_blob_is_named(book):
    record = hand_in(book, good())
    block = book.block(record.digest)
    for digest in (record.digest, record.signature, *(p.digest for p in block.payloads)):
        path = book.blobs.path(digest)
        data = path.read_bytes()
        path.unlink()
        path.mkdir()
        faults = check(book).faults
        assert any(digest[7:] in fault for fault in faults)
        path.rmdir()
        path.write_bytes(data)
    assert check(book).faults == ()
