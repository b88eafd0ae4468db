"""A bot as a process that a test kills: ``python -m tests.kit.bot_process INSTANCE FOLDER``.

Its instance ignores idempotency keys, as GoToSocial does. It prints a line when it begins.
"""

import asyncio
import secrets
import sys
from pathlib import Path

from cgp.mycelium.fediverse.bot_memory import BotMemory
from cgp.mycelium.fediverse.mastodon_account import MastodonAccount
from cgp.mycelium.fediverse.mastodon_bot import MastodonBot
from cgp.mycelium.fediverse.quarantine import Quarantine
from cgp.mycelium.fediverse.skills import Skills
from tests.kit.word_annotator import WordAnnotator


class ForgetfulAccount(MastodonAccount):
    """An account on an instance that ignores idempotency keys."""

    async def post(self, text, key, **options):
        return await super().post(text, secrets.token_hex(8), **options)


async def main(instance_url, folder):
    account = ForgetfulAccount(instance_url, "fungus_token", allow_loopback=True)
    skills = Skills(WordAnnotator(), Quarantine(folder / "proposals.sqlite"))
    bot = MastodonBot(account, BotMemory(folder / "bot.sqlite"), skills, settle_seconds=1.0)
    print("begin", flush=True)
    await bot.run(0.2)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
