"""Blocks that were refused are not fetched anew, unless what they lacked may have come."""

import random
from dataclasses import replace

from cgp.experts.block import TENSORS, Kind, sign
from cgp.experts.exchange import pull
from cgp.experts.judging import publish
from cgp.experts.ledger import Ledger, State
from cgp.experts.newest import newest_blocks, newest_query
from cgp.experts.registry import Repository
from tests.experts.test_hostile_registry import Writer, dataset
from tests.experts.test_registry_faults import registry
from tests.experts.world import ALICE, BOB, Clock, good, hand_in, ledger, noise, table


class CountingWriter(Writer):
    """A registry's content that counts what it is asked for, the index aside."""

    def __init__(self):
        super().__init__()
        self.names = []

    def answer(self, handler):
        name = handler.path.rsplit("/", 1)[1]
        if name != "ledger":
            self.names.append(name)
        super().answer(handler)

    def pull(self, folder):
        """Pull with a new connection; return the report and what was asked for."""
        self.names = []
        with registry(self.answer) as address:
            return pull(folder, Repository(address)), list(self.names)


def test_a_block_whose_bytes_are_wrong_is_fetched_once_and_told_each_time(tmp_path):
    # Prepare: a table that is none.
    writer = CountingWriter()
    with ledger(tmp_path / "here", Clock()) as book:
        hand_in(book, good())
        writer.add_ledger(book)
        writer.sign_and_add(dataset(book, BOB, b"no table"), BOB, [b"no table"])

        # Execute
        first, asked_first = writer.pull(tmp_path / "there")
        again, asked_again = writer.pull(tmp_path / "there")
        publish(book, table(3, windows=4), ALICE)
        [new] = book.records(kind=Kind.DATASET)
    writer.entries.append(_entry_of(writer, book.folder, new.digest))
    later, asked_later = writer.pull(tmp_path / "there")

    # Assert
    assert len(asked_first) > 0
    assert asked_again == []
    assert first.refusals == again.refusals == later.refusals
    assert "wrong_tensors" in first.refusals[0]
    # Of the later pull nothing but the new block.
    assert later.new == 1
    assert asked_later[0] == new.digest
    assert len(asked_later) == 3


def test_a_block_whose_parent_is_missing_comes_after_it_and_its_bytes_only_then(tmp_path):
    # Prepare: the first expert is not in the index, its successor is.
    writer = CountingWriter()
    with ledger(tmp_path / "here", Clock()) as book:
        first = hand_in(book, good(0.4))
        child = replace(
            book.block(hand_in(book, noise(1), "domain.other").digest),
            parents=(book.genesis.digest, first.digest),
            replaces=first.digest,
            name="language.german",
            signer=BOB.ss58_address,
        )
        payloads = [book.blobs.get(payload.digest) for payload in child.payloads]
        writer.add_ledger(book)
    entry = next(entry for entry in writer.entries if entry["digest"] == first.digest)
    other = writer.entries.pop()
    writer.entries.remove(entry)
    writer.sign_and_add(child, BOB, payloads)

    # Execute
    report, asked = writer.pull(tmp_path / "there")
    _, asked_again = writer.pull(tmp_path / "there")
    writer.entries.insert(1, entry)
    late, _ = writer.pull(tmp_path / "there")

    # Assert
    assert "parent_missing" in report.refusals[0]
    assert child.payload(TENSORS).digest not in asked
    assert asked_again == []
    assert (late.new, late.refusals) == (2, ())
    assert other["digest"] not in asked


def test_what_a_registry_holds_back_is_asked_for_again(tmp_path):
    writer = CountingWriter()
    with ledger(tmp_path / "here", Clock()) as book:
        record = hand_in(book, good())
        writer.add_ledger(book)
        digest = book.block(record.digest).payload(TENSORS).digest
    data = writer.data.pop(digest)

    early, _ = writer.pull(tmp_path / "there")
    writer.data[digest] = data
    late, _ = writer.pull(tmp_path / "there")

    assert len(early.refusals) == 1
    assert (late.new, late.refusals) == (1, ())


def test_a_good_signature_beside_a_refused_one_is_taken(tmp_path):
    # Prepare: the same block twice, first with the signature of another key.
    writer = CountingWriter()
    with ledger(tmp_path / "here", Clock()) as book:
        record = hand_in(book, good())
        block = book.block(record.digest)
        payloads = [book.blobs.get(payload.digest) for payload in block.payloads]
        writer.add_ledger(book)
    good_entry = writer.entries.pop()
    writer.add(block, sign(replace(block, signer=BOB.ss58_address), BOB), payloads)

    # Execute
    early, _ = writer.pull(tmp_path / "there")
    writer.entries.append(good_entry)
    late, _ = writer.pull(tmp_path / "there")

    # Assert
    assert "bad_signature" in early.refusals[0]
    assert late.new == 1
    with Ledger.open(tmp_path / "there", Clock()) as other:
        assert other.record(record.digest).state is State.PENDING


def test_the_newest_blocks_are_the_last_ones_of_all_and_read_from_the_index(tmp_path):
    # Prepare: rows of all kinds and states, in no order.
    draw = random.Random(4)
    with ledger(tmp_path, Clock()) as book:
        rows = [
            (
                f"sha256:{n}",
                draw.choice(list(Kind)),
                f"name-{n}",
                "s",
                "x",
                draw.choice(list(State)),
            )
            for n in range(300)
        ]
        insert = (
            "INSERT INTO blocks (digest, kind, name, signer, signature, state, epoch)"
            " VALUES (?, ?, ?, ?, ?, ?, 0)"
        )
        book.transact(lambda connection: connection.executemany(insert, rows).rowcount)
        everything = book.records()

        # Assert
        for kinds, states in (
            ({Kind.EXPERT, Kind.ROUTER}, set(State) - {State.ARCHIVED}),
            ({Kind.META, Kind.DATASET, Kind.VERDICT}, set(State)),
        ):
            wanted = [r for r in everything if r.kind in kinds and r.state in states]
            for count in (1, 10, 1000):
                assert newest_blocks(book, kinds, count, states) == wanted[-count:]
        plan = book.transact(
            lambda connection: connection.execute(
                f"EXPLAIN QUERY PLAN {newest_query(1)}", ("expert", "pending", 5, 5)
            ).fetchall()
        )
        assert any("blocks_by_state (kind=? AND state=?)" in row[-1] for row in plan)
        assert not any("SCAN blocks" in row[-1] for row in plan)


def _entry_of(writer, folder, digest):
    """Add a block of a ledger to a registry's content; return its entry."""
    with Ledger.open(folder, Clock()) as book:
        record = book.record(digest)
        block = book.block(digest)
        payloads = [book.blobs.get(payload.digest) for payload in block.payloads]
        writer.add(block, book.blobs.get(record.signature), payloads)
    return writer.entries.pop()
