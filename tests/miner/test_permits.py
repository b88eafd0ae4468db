"""Who may call changes with the chain, and a miner notices in time."""

from cgp.chain import FAST, add_stake, advance, embedded_client


async def test_a_permit_that_came_since_the_last_reading_is_noticed(
    open_miner, calling, wallets, chain
):
    async with open_miner(refresh_seconds=1000) as miner:
        plain = calling(miner, "plain")
        assert (await plain.ask()).status == 403
        async with embedded_client(chain.file) as client:
            await add_stake(client, wallets["plain"], netuid=18, tao=5_000)
        await advance(chain.file, FAST.rules.tempo + 1)
        assert (await plain.ask()).status == 200


async def test_callers_without_a_permit_cause_few_readings(open_miner, calling, chain, monkeypatch):
    readings = 0
    read = chain.metagraph

    async def counted():
        nonlocal readings
        readings += 1
        return await read()

    async with open_miner(refresh_seconds=1000) as miner:
        monkeypatch.setattr(chain, "metagraph", counted)
        for name, times in (("stranger", 5), ("plain", 30)):
            for _ in range(times):
                assert (await calling(miner, name).ask()).status == 403
            if name == "stranger":
                assert readings == 0
    assert 1 <= readings <= 15


async def test_a_chain_that_is_away_leaves_the_last_reading_in_force(open_miner, calling, chain):
    async with open_miner(refresh_seconds=1000) as miner:
        chain.away = True
        assert (await calling(miner, "plain").ask()).status == 403
        assert (await calling(miner).ask()).status == 200
