"""The ledger: what is stored stays what it is, what may not be stored is refused by name."""

import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from cgp.experts.block import GATE, TENSORS, Block, Kind, Payload, digest_of, read_block, sign
from cgp.experts.errors import Fault, RefusedError
from cgp.experts.judging import seal
from cgp.experts.ledger import Ledger, NoLedgerError, State
from cgp.experts.ledger_check import check
from cgp.experts.network import LinearNetwork, MlpNetwork
from cgp.experts.submission import Submission, expert_submission, submit
from cgp.experts.tensors import gate_to_bytes, to_bytes
from cgp.tagmodel.head import INPUTS
from tests.experts.world import (
    ALICE,
    BOB,
    DAY,
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
    table,
)


@pytest.fixture
def book(tmp_path):
    with ledger(tmp_path / "ledger") as made:
        yield made


def refused(book, submission):
    blocks, blobs = len(book.records()), sorted(book.blobs.digests())
    with pytest.raises(RefusedError) as error:
        submit(book, submission, registered)
    # A refusal leaves nothing behind.
    assert len(book.records()) == blocks
    assert sorted(book.blobs.digests()) == blobs
    return error.value.fault


def resigned(submission, keypair=ALICE, **changes):
    block = replace(submission.block, **changes)
    return Submission(block, sign(block, keypair), submission.payloads)


def with_tensors(book, tensors, architecture="linear"):
    gate = gate_to_bytes(german_gate())
    block = Block(
        Kind.EXPERT, "language.german", ALICE.ss58_address, book.now(), (book.genesis.digest,),
        None, architecture, (Payload.of(TENSORS, tensors), Payload.of(GATE, gate)),
    )  # fmt: skip
    payloads = {digest_of(tensors): tensors, digest_of(gate): gate}
    return Submission(block, sign(block, ALICE), payloads)


def test_a_fresh_ledger_is_whole_and_init_may_be_repeated(book):
    assert check(book).faults == ()

    again = Ledger.create(book.folder, specification(), OPERATOR, Clock())

    assert again.genesis == book.genesis
    again.close()
    with pytest.raises(RefusedError):
        Ledger.create(book.folder, specification(experts=3), OPERATOR, Clock())
    with pytest.raises(NoLedgerError):
        Ledger.open(book.folder / "elsewhere")


def test_the_folder_is_an_oci_image_layout(book):
    hand_in(book, good())
    book.write_index()

    layout = json.loads((book.folder / "oci-layout").read_text())
    index = json.loads((book.folder / "index.json").read_text())

    assert layout == {"imageLayoutVersion": "1.0.0"}
    [entry] = index["manifests"]
    manifest = json.loads(book.blobs.get(entry["digest"]))
    assert manifest["schemaVersion"] == 2
    assert entry["size"] == len(book.blobs.get(entry["digest"]))


def test_every_flipped_byte_is_found(book):
    record = hand_in(book, good())
    block = book.block(record.digest)
    names = [record.digest, record.signature, *(payload.digest for payload in block.payloads)]
    for digest in [*names, book.genesis.digest, book.genesis.signature]:
        path = book.blobs.path(digest)
        data = path.read_bytes()
        for place in (0, len(data) // 2, len(data) - 1):
            path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
            faults = check(book).faults
            assert faults
            assert any(digest[7:] in fault or record.name in fault for fault in faults)
        path.write_bytes(data)
    assert check(book).faults == ()


def test_a_renamed_expert_is_found(book):
    record = hand_in(book, good())
    book.transact(
        lambda c: c.execute(
            "UPDATE blocks SET name = 'language.other' WHERE digest = ?", (record.digest,)
        )
    )

    assert check(book).faults


def test_a_head_without_verdict_is_found(book):
    record = hand_in(book, good())
    book.transact(
        lambda c: c.execute("INSERT INTO heads VALUES (?, ?)", (record.name, record.digest))
    )

    assert check(book).faults


def test_parents_must_be_there_and_of_a_right_kind(book):
    fine = expert_submission(book, "language.german", good(), german_gate(), ALICE)
    genesis = book.genesis.digest
    ghost = "sha256:" + "0" * 64
    assert refused(book, resigned(fine, parents=(genesis, ghost))) is Fault.PARENT_MISSING
    assert refused(book, resigned(fine, parents=())) is Fault.WRONG_MODEL
    bench = judge(book)
    record = hand_in(book, good())
    bench.decide(book, record.digest)
    [verdict] = book.records(kind=Kind.VERDICT)
    later = expert_submission(book, "language.german", noise(3), german_gate(), BOB)
    wrong = resigned(later, BOB, parents=(genesis, verdict.digest))
    assert refused(book, wrong) is Fault.PARENT_OF_WRONG_KIND


def test_a_diamond_is_no_circle(book):
    # Prepare: two experts over one genesis, and a third over both.
    first = hand_in(book, good(), "language.one")
    second = hand_in(book, noise(1), "language.two")
    third = expert_submission(book, "language.three", noise(2), german_gate(), ALICE)

    # Execute
    parents = (book.genesis.digest, first.digest, second.digest)
    record = submit(book, resigned(third, parents=parents), registered)

    # Assert
    assert record.state is State.PENDING
    assert check(book).faults == ()


def test_signatures_hold_for_one_block_alone(book):
    fine = expert_submission(book, "language.german", good(), german_gate(), ALICE)
    other_name = replace(fine.block, name="language.other")
    other_signer = replace(fine.block, signer=BOB.ss58_address)
    other_parents = replace(fine.block, parents=(*fine.block.parents, "sha256:" + "1" * 64))
    for block in (other_name, other_signer, other_parents):
        stolen = Submission(block, fine.signature, fine.payloads)
        assert refused(book, stolen) is Fault.BAD_SIGNATURE
    claimed = resigned(fine, OPERATOR, signer=OPERATOR.ss58_address)
    assert submit(book, claimed, registered).state is State.PENDING


def test_a_signer_must_be_registered(book):
    from bittensor.sp_core import Keypair

    stranger = Keypair.create_from_uri("//Stranger")
    submission = expert_submission(book, "language.german", good(), german_gate(), stranger)

    assert refused(book, submission) is Fault.NOT_REGISTERED


def test_spoilt_tensors_are_refused_by_name(book):
    from safetensors.numpy import save

    weights = np.zeros(INPUTS, dtype=np.float32)
    one = np.ones(1, dtype=np.float32)
    nan = np.where(np.arange(INPUTS) == 3, np.nan, weights).astype(np.float32)
    infinite = np.where(np.arange(INPUTS) == 3, np.inf, weights).astype(np.float32)
    cases = {
        Fault.NOT_FINITE: [save({"w": nan, "b": one}), save({"w": infinite, "b": one})],
        Fault.TOO_GREAT: [save({"w": weights + 2000, "b": one})],
        Fault.WRONG_TENSORS: [
            save({"w": weights[:5], "b": one}),
            save({"w": weights, "b": one, "extra": one}),
            save({"w": weights.astype(np.float64), "b": one}),
            save({"b": one}),
            save({"w": weights.reshape(1, -1), "b": one}),
            save({"w": weights, "b": np.zeros(0, dtype=np.float32)}),
        ],
        Fault.NOT_TENSORS: [
            b"", b"\x80\x04.", b"PK\x03\x04" + bytes(100), b"\xff" * 64, bytes([8, *[0] * 7]) + b"{}  ",
        ],
        Fault.TOO_LARGE: [bytes(5_000_001)],
    }  # fmt: skip
    started = time.process_time()
    for fault, files in cases.items():
        for data in files:
            assert refused(book, with_tensors(book, data)) is fault
    assert refused(book, with_tensors(book, save({"w": weights}), "pickle")) is Fault.UNKNOWN_KIND
    assert time.process_time() - started < 10


def test_names_layers_and_slow_experts_are_refused(book):
    fine = expert_submission(book, "language.german", good(), german_gate(), ALICE)
    for name in (
        "german",
        "language.",
        "../up",
        "language.German",
        "other.german",
        "language.router",
    ):
        assert refused(book, resigned(fine, name=name)) is Fault.BAD_NAME
    wide = MlpNetwork.start(INPUTS, width=200)
    slow = expert_submission(book, "language.german", wide, german_gate(), ALICE)
    assert refused(book, slow) is Fault.TOO_SLOW


def test_a_manifest_has_one_form(book):
    block = expert_submission(book, "language.german", good(), german_gate(), ALICE).block
    document = json.loads(block.manifest())

    assert read_block(block.manifest()) == block
    for data in (
        json.dumps(document).encode(),
        json.dumps(document | {"more": 1}, sort_keys=True, separators=(",", ":")).encode(),
        b"[]", b"{}", b"\xff", b"[" * 5000, block.manifest() + b" ",
    ):  # fmt: skip
        with pytest.raises(RefusedError):
            read_block(data)


def test_copies_are_refused(book):
    record = hand_in(book, good())
    same = expert_submission(book, "language.other", good(), german_gate(), BOB)
    assert refused(book, same) is Fault.COPY
    judge(book).decide(book, record.digest)
    scaled = expert_submission(book, "language.other", good(0.5), german_gate(), BOB)
    near = LinearNetwork({"w": good().parameters["w"] * 1.0001, "b": np.zeros(1)})
    assert refused(book, scaled) is Fault.COPY
    assert (
        refused(book, expert_submission(book, "language.german", near, german_gate(), BOB))
        is Fault.COPY
    )


def test_one_submission_an_epoch_and_a_known_one_is_no_second(tmp_path):
    clock = Clock()
    with ledger(tmp_path / "ledger", clock) as book:
        first = expert_submission(book, "language.german", good(), german_gate(), ALICE)
        record = submit(book, first, registered)
        assert submit(book, first, registered) == record
        second = expert_submission(book, "language.german", noise(1), german_gate(), ALICE)
        assert refused(book, second) is Fault.ONE_A_EPOCH
        clock.now += DAY
        assert submit(book, second, registered).state is State.PENDING


def test_a_submission_over_an_old_head_is_refused(book):
    late = expert_submission(book, "language.german", noise(5), german_gate(), BOB)
    judge(book).decide(book, hand_in(book, good()).digest)

    assert refused(book, late) is Fault.STALE_HEAD


def test_sixteen_threads_at_once_move_a_head_once_and_lose_nothing(book):
    bench = judge(book)

    def one(number):
        # Each expert knows another share, none is a copy of another.
        network = LinearNetwork(
            {"w": good().parameters["w"] + noise(number, 0.01).parameters["w"], "b": np.zeros(1)}
        )
        from bittensor.sp_core import Keypair

        key = Keypair.create_from_uri(f"//Worker{number}")
        submission = expert_submission(book, "language.german", network, german_gate(), key)
        barrier.wait()
        try:
            record = submit(book, submission, lambda _: True)
            return bench.decide(book, record.digest).record.state
        except RefusedError as error:
            return error.fault

    barrier = threading.Barrier(16)
    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(one, range(16)))

    assert results.count(State.ACCEPTED) == 1
    assert set(results) <= {State.ACCEPTED, State.STALE, Fault.STALE_HEAD, Fault.COPY}
    assert check(book).faults == ()


SUBMIT = """
import sys
from pathlib import Path
from bittensor.sp_core import Keypair
from cgp.experts.ledger import Ledger
from cgp.experts.submission import expert_submission, submit
from tests.experts.world import Clock, german_gate, noise
number = int(sys.argv[2])
key = Keypair.create_from_uri(f"//Process{number}")
with Ledger.open(Path(sys.argv[1]), Clock()) as book:
    made = expert_submission(book, f"language.p{number}", noise(number), german_gate(), key)
    print(submit(book, made, lambda _: True).digest)
"""


@pytest.mark.peers
def test_processes_at_once_lose_nothing(book):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", SUBMIT, str(book.folder), str(number)],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for number in range(6)
    ]
    digests = {process.communicate(timeout=400)[0].strip() for process in processes}

    assert {record.digest for record in book.records(kind=Kind.EXPERT)} == digests
    assert len(digests) == 6
    assert check(book).faults == ()


def test_a_stop_before_the_row_leaves_a_whole_ledger(book):
    # Prepare: a submission whose transaction ends as by a kill.
    submission = expert_submission(book, "language.german", good(), german_gate(), ALICE)

    def killed(connection):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        book.add(submission.block, submission.signature, submission.payloads, State.PENDING, killed)

    # Execute, Assert: nothing names the blobs, and the same submission goes through.
    report = check(book)
    assert report.faults == ()
    assert report.unnamed_blobs > 0
    assert submit(book, submission, registered).state is State.PENDING
    assert check(book).unnamed_blobs == 0


def test_what_a_submission_asks_the_index_is_found_by_an_index(book):
    # Whole figures of time (T4, T5): `benchmarks/experts_ledger.py`.
    questions = (
        "SELECT * FROM blocks WHERE digest = 'x'",
        "SELECT * FROM heads WHERE name = 'x'",
        "SELECT * FROM tensors WHERE digest = 'x'",
        "SELECT * FROM submissions WHERE epoch = 1 AND signer = 'x' AND name = 'x'",
    )
    for question in questions:
        [plan] = book.transact(
            lambda c, q=question: c.execute(f"EXPLAIN QUERY PLAN {q}").fetchall()
        )
        assert plan[3].startswith("SEARCH")


def test_a_table_that_is_no_hold_out_is_refused(book):
    from cgp.experts.judge import HoldOutTooSmallError
    from cgp.experts.judging import HoldOutError, publish

    hold_out = table(3, 300)
    with pytest.raises(HoldOutError, match="salt"):
        seal(book, replace(hold_out, salt=""), OPERATOR)
    seal(book, hold_out, OPERATOR)
    with pytest.raises(HoldOutError, match="sealed already"):
        seal(book, hold_out, OPERATOR)
    publish(book, table(4, 10), OPERATOR)
    with pytest.raises(HoldOutError, match="published"):
        seal(book, replace(table(4, 12), salt="other"), OPERATOR)
    with pytest.raises(HoldOutTooSmallError, match="a decision of this ledger needs 300"):
        seal(book, table(5, 299), OPERATOR)


def test_tensors_have_the_same_bytes_every_time():
    tensors = MlpNetwork.start(INPUTS, 3).parameters

    assert to_bytes(tensors) == to_bytes(dict(reversed(tensors.items())))
