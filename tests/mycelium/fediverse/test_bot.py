"""The bot on an instance (mastodon-mock over HTTP), with faults and rate limits: no second answer."""

import asyncio
import contextlib
import random
import secrets
import sys
import time
from collections import Counter
from contextlib import asynccontextmanager
from functools import partial

import pytest

from cgp.mycelium.fediverse import answer_limits
from cgp.mycelium.fediverse.bot_memory import BotMemory, ReplyDraft
from cgp.mycelium.fediverse.errors import AccountError, UnsafeAddressError
from cgp.mycelium.fediverse.mastodon_account import InstanceAwayError, MastodonAccount
from cgp.mycelium.fediverse.mastodon_bot import SETTLE_SECONDS, MastodonBot
from cgp.mycelium.fediverse.quarantine import Quarantine
from cgp.mycelium.fediverse.skills import HELP, Skills
from cgp.signing import RateLimit
from tests.kit.bot_process import ForgetfulAccount
from tests.kit.fediverse import until
from tests.kit.word_annotator import WordAnnotator

mock = pytest.importorskip("mastodon_mock.testing", reason="mastodon-mock is not installed")
config = pytest.importorskip("mastodon_mock.config", reason="mastodon-mock is not installed")

# To start the instance takes seconds.
pytestmark = pytest.mark.peers

SECONDS = 60.0
"""What a bot waits for an answer of its instance."""


@pytest.fixture(scope="module")
def instance():
    names = ["fungus", "alice", "bob", "carol", "dave", "robot"]
    accounts = [
        config.SeedAccount(
            username=name, access_token=f"{name}_token", bot=name in {"fungus", "robot"}
        )
        for name in names
    ]
    with mock.MockServer(seed=config.SeedConfig(accounts=accounts)) as server:
        yield server


class Clock:
    """The time of now, and as much later as a test says."""

    ahead = 0.0

    def __call__(self):
        return time.time() + self.ahead


class Stage:
    """A bot with its files, and people who write to it."""

    def __init__(self, instance, folder, kind=MastodonAccount):
        self.instance, self.folder, self.kind = instance, folder, kind
        self.clock = Clock()
        self.annotator = WordAnnotator()
        self.open = []

    async def bot(self, seconds=SECONDS):
        """Return the bot as after a restart; it waits ``seconds`` for an answer of its instance."""
        await self.close()
        memory = BotMemory(self.folder / "bot.sqlite")
        quarantine = Quarantine(self.folder / "proposals.sqlite")
        self.open = [memory, quarantine]
        account = self.kind(
            self.instance.base_url, "fungus_token", allow_loopback=True, seconds=seconds
        )
        skills = Skills(self.annotator, quarantine)
        bot = MastodonBot(account, memory, skills, tags=("babyfungus",), clock=self.clock)
        bot.memory = memory
        return bot

    async def close(self):
        for part in self.open:
            await part.close()
        self.open = []

    def write(self, text, author="alice", **named):
        return self.instance.client(author).status_post(text, **named)

    def replies(self, status, author="alice"):
        context = self.instance.client(author).status_context(status.id)
        return [reply for reply in context.descendants if reply.account.username == "fungus"]


@pytest.fixture
async def stage(instance, tmp_path):
    stage = Stage(instance, tmp_path)
    yield stage
    await stage.close()


async def turns(stage, bot, count=6):
    """Let the bot work, each turn long after the one before, as faults make it wait."""
    for _ in range(count):
        with contextlib.suppress(InstanceAwayError):
            await bot.turn()
        stage.clock.ahead += SETTLE_SECONDS + 1


async def test_mentions_and_the_tag_are_answered_once_and_talk_about_us_is_not(stage):
    # Prepare: a post from before the bot's first start.
    old = stage.write("@fungus tag: old things")
    bot = await stage.bot()
    await bot.turn()

    # Execute
    asked = stage.write("@fungus tag: ferries and <b>trains</b>\nplease")
    tagged = stage.write("#babyfungus\ntag: wind turbines", author="bob")
    talk = stage.write("I like #babyfungus very much", author="bob")
    greeting = stage.write("@fungus hello!", visibility="direct")
    robot = stage.write("@fungus tag: machines", author="robot")
    thanks = stage.write("@fungus thank you", in_reply_to_id=talk.id)
    await turns(stage, bot, 2)
    await turns(stage, await stage.bot(), 2)

    # Assert
    posts = (old, asked, tagged, talk, greeting, robot, thanks)
    assert [len(stage.replies(post)) for post in posts] == [0, 1, 1, 0, 1, 0, 0]
    reply = stage.replies(asked)[0]
    assert "Tags: ferries, and, &lt;b&gt;trains&lt;/b&gt;" in reply.content
    assert reply.visibility == "unlisted"
    hello = stage.replies(greeting)[0]
    assert HELP[:20] in hello.content
    assert hello.visibility == "direct"


async def test_an_answer_pings_and_links_nobody_but_its_author(stage):
    bot = await stage.bot()
    await bot.turn()
    asked = stage.write("@fungus tag: @bob #other https://evil.example/x ＠bob words")
    await bot.turn()
    reply = stage.replies(asked)[0]
    assert [mention.username for mention in reply.mentions] == ["alice"]
    assert reply.tags == []
    assert "://" not in reply.content.partition("Tags")[2]


FAULTS = {
    "slow down": {"type": "ratelimit"},
    "error 500": {"type": "status", "status": 500},
    "busy 503": {"type": "status", "status": 503},
    "no JSON": {"type": "malformed"},
    # Carried out after the client has left: the dangerous one.
    "late": {"type": "latency", "delay_ms": 2500},
}


@pytest.mark.parametrize("kind", [MastodonAccount, ForgetfulAccount])
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_faults_while_posting_make_no_second_answer(instance, tmp_path, kind, fault):
    stage = Stage(instance, tmp_path, kind)
    await (await stage.bot()).turn()
    asked = stage.write("@fungus tag: ferries")
    is_late = fault["type"] == "latency"
    hasty = await stage.bot(seconds=1.0 if is_late else SECONDS)
    posting = instance.fault(path="/api/v1/statuses", methods=["POST"], count=1, **fault)
    with posting, pytest.raises(InstanceAwayError):
        await hasty.turn()
    if is_late:
        # Where a slow machine kept the bot from asking to post at all, nothing is late.
        with contextlib.suppress(AssertionError):
            await until(lambda: stage.replies(asked), 10)
    await turns(stage, await stage.bot())
    assert len(stage.replies(asked)) == 1
    await stage.close()


@pytest.mark.parametrize(
    "path",
    ["/api/v1/accounts/verify_credentials", "/api/v1/notifications", "/api/v1/timelines/tag/*"],
)
@pytest.mark.parametrize("fault", [FAULTS["slow down"], FAULTS["no JSON"], FAULTS["busy 503"]])
async def test_faults_while_reading_lose_no_question(stage, path, fault):
    bot = await stage.bot()
    await bot.turn()
    asked = stage.write("@fungus tag: ferries #babyfungus")
    with stage.instance.fault(path=path, count=2, **fault):
        await turns(stage, await stage.bot())
    assert len(stage.replies(asked)) == 1


@pytest.mark.parametrize("kind", [MastodonAccount, ForgetfulAccount])
@pytest.mark.parametrize("place", ["claim", "finish"])
async def test_a_crash_before_or_after_posting_makes_no_second_answer(
    instance, tmp_path, monkeypatch, place, kind
):
    stage = Stage(instance, tmp_path, kind)
    bot = await stage.bot()
    await bot.turn()
    asked = stage.write("@fungus tag: ferries")
    original = getattr(BotMemory, place)

    async def crash(self, *values):
        if place == "claim":
            await original(self, *values)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(BotMemory, place, crash)
        task = bot.turn()
        with pytest.raises(KeyboardInterrupt):
            await task
    await turns(stage, await stage.bot(), 3)
    assert len(stage.replies(asked)) == 1
    await stage.close()


async def test_a_deleted_question_and_a_refused_post_are_given_up(stage):
    bot = await stage.bot()
    await bot.turn()
    asked = stage.write("@fungus tag: ferries")
    with stage.instance.fault(path="/api/v1/statuses", methods=["POST"], type="status", status=422):
        await turns(stage, bot, 2)
    await turns(stage, bot, 2)
    assert stage.replies(asked) == []
    assert await bot.memory.waiting_drafts() == []


async def test_an_instance_that_shows_no_tags_gets_its_mentions_answered(stage):
    bot = await stage.bot()
    with stage.instance.fault(path="/api/v1/timelines/tag/*", type="status", status=404):
        await bot.turn()
        asked = stage.write("@fungus tag: ferries")
        await bot.turn()
    assert len(stage.replies(asked)) == 1


async def test_news_is_posted_once(stage):
    bot = await stage.bot()
    draft = ReplyDraft(
        "best abc", "", "public", f"A better model {secrets.token_hex(4)}: loss 0.31, was 0.40"
    )
    assert await bot.memory.add_draft(draft, stage.clock())
    assert not await bot.memory.add_draft(draft, stage.clock())
    with stage.instance.fault(path="/api/v1/statuses", methods=["POST"], count=1, type="malformed"):
        await turns(stage, bot, 1)
    await turns(stage, await stage.bot(), 3)
    account = stage.instance.client("fungus")
    own = account.account_statuses(account.me().id)
    assert sum(draft.text[:24] in post.content for post in own) == 1


async def test_one_author_gets_so_many_answers_a_minute_and_others_theirs(stage, monkeypatch):
    # However long the turn takes, it is one moment.
    monkeypatch.setattr(answer_limits, "RateLimit", partial(RateLimit, clock=lambda: 0.0))
    bot = await stage.bot()
    await bot.turn()
    posts = [stage.write(f"@fungus tag: word{number}") for number in range(14)]
    other = stage.write("@fungus tag: mine", author="bob")
    await bot.turn()
    answers = [len(stage.replies(post)) for post in posts]
    assert answers == [1] * 6 + [0] * 8
    assert len(stage.replies(other)) == 1


async def test_proposals_wait_in_quarantine(stage):
    bot = await stage.bot()
    await bot.turn()
    stage.write('@fungus add: x" } ; DELETE WHERE {?s ?p ?o} #, pop')
    await bot.turn()
    proposals = await stage.open[1].proposals()
    assert [(p.author, p.text.startswith('x" }')) for p in proposals] == [("alice", True)]


async def test_a_wrong_key_and_an_unsafe_address_are_named(stage):
    account = MastodonAccount(stage.instance.base_url, "wrong", allow_loopback=True)
    with pytest.raises(AccountError, match="does not know the key"):
        await account.own_id()
    with pytest.raises(UnsafeAddressError):
        MastodonAccount(stage.instance.base_url, "x")
    with pytest.raises(UnsafeAddressError):
        MastodonAccount("http://example.com", "x")


def answer_counts(stage):
    """Return how often the bot answered each post, by the post's id; one request."""
    account = stage.instance.client("fungus")
    posts = account.account_statuses(account.me().id, limit=40)
    return Counter(str(post.in_reply_to_id) for post in posts)


@asynccontextmanager
async def bot_process(stage):
    """Run the bot as a process from its beginning to the end of the block, which kills it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.kit.bot_process", stage.instance.base_url, str(stage.folder),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        await process.stdout.readline()
        yield
    finally:
        process.kill()
        await process.wait()


async def test_kills_at_any_moment_make_no_second_answer_and_lose_none(stage):
    # Prepare: a bot that has begun.
    await (await stage.bot()).turn()
    await stage.close()
    rng = random.Random(7)
    asked = set()

    # Execute: kill the process four times while it answers new questions; then let it finish.
    # Five questions of each author are within the limit of a minute, also where a slow machine
    # leaves them all to the last process.
    for kills in range(5):
        asked.update(
            str(stage.write(f"@fungus add: item {kills}", author).id)
            for author in ("alice", "bob", "carol", "dave")
        )
        async with bot_process(stage):
            await asyncio.sleep(rng.uniform(0.02, 0.3))
            if kills == 4:
                # Ten answers at once, then one each 2.5 seconds: all of them within 25 seconds.
                await until(lambda: asked <= answer_counts(stage).keys(), 400)
                # Long enough for a draft that was killed in between to be settled.
                await asyncio.sleep(2.5)

    # Assert
    counts = answer_counts(stage)
    assert [counts[post] for post in asked] == [1] * 20
