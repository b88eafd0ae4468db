"""The ledger's state on chain: committed by a judge, and compared by everybody else."""

from cgp.chain import open_chain
from cgp.experts.anchor import Agreement, commit, compare
from tests.experts.world import Clock, good, hand_in, judge, ledger
from tests.validator.local_subnet import make_subnet


async def test_a_pulled_ledger_is_compared_with_the_state_that_a_judge_committed(tmp_path):
    # Prepare
    subnet = await make_subnet(tmp_path, miners=1)
    settings = subnet.settings()
    judge_key = subnet.validator.hotkey.ss58_address
    with ledger(tmp_path / "ledger", Clock()) as book:
        async with (
            open_chain(settings, subnet.validator) as own,
            open_chain(settings, subnet.miners[0]) as other,
        ):
            # Execute
            before = await compare(book, other, judge_key)
            await other.commit("of another program")
            foreign = await compare(book, other, other.hotkey)
            digest = await commit(book, own)
            same = await compare(book, other, judge_key)
            judge(book).decide(book, hand_in(book, good()).digest)
            moved = await compare(book, other, judge_key)

    # Assert
    assert before.agreement is foreign.agreement is Agreement.NONE
    assert (same.agreement, same.here, same.on_chain) == (Agreement.SAME, digest, digest)
    assert same.block > 0
    assert moved.agreement is Agreement.DIFFERENT
    assert moved.here != moved.on_chain == digest
