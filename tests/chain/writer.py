"""A process that registers, then writes to the chain until it is killed.

``writer.py CHAIN WALLETS NAME SINK ACKNOWLEDGED``: each transfer of 1,000 rao to SINK that the chain has
acknowledged becomes a line of the file ACKNOWLEDGED.
"""

import asyncio
import os
import sys
from pathlib import Path

import bittensor as bt

from cgp.chain import embedded_client, register

NETUID = 18


async def write(chain: Path, wallet: bt.Wallet, sink: str, acknowledged: int) -> None:
    async with embedded_client(chain) as client:
        await register(client, wallet, NETUID)
        intent = bt.Transfer(dest_ss58=sink, amount_tao=bt.Balance.from_rao(1_000))
        while True:
            result = (await client.execute(intent, wallet)).raise_for_failure()
            os.write(acknowledged, f"{result.extrinsic_id}\n".encode())


if __name__ == "__main__":
    chain, wallets, name, sink, path = sys.argv[1:]
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    asyncio.run(write(Path(chain), bt.Wallet(name, "default", wallets), sink, descriptor))
