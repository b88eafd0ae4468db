"""Miners that annotate each with something else, a ground truth of its own, and what failed."""

import asyncio
import json

import pytest

from cgp.annotators.report import AnnotatorReport
from cgp.cli import main
from cgp.localnet import LocalnetError, Miner, miners_of
from cgp.localnet.reports import ReportReader, trouble_in
from tests.kit.llm_server import KEY, Chooses, OpenAIServer, Says, Status
from tests.localnet.test_localnet import WAIT, command, environment


async def run(folder, *arguments, **variables):
    """Run a local network as a person does; return its exit status, its summary and its messages."""
    process = await asyncio.create_subprocess_exec(
        *command("--limit", "1", "--json", *arguments),
        env=environment(folder) | variables,
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(WAIT):
        out, err = await process.communicate()
    return (
        process.returncode,
        json.loads(out) if out.strip() else None,
        " ".join(err.decode().split()),
    )


def words_of(request):
    """Answer with words of the conversation that was asked about, as a poor model would."""
    text = request["messages"][-1]["content"]
    words = [word for word in text.split() if word.isalpha() and len(word) > 6]
    return json.dumps({"tags": list(dict.fromkeys(words))[:6], "profiles": []})


@pytest.mark.peers
async def test_each_miner_has_its_annotator_and_the_leaderboard_says_how_it_went(tmp_path):
    poor = Chooses(
        lambda request: request["model"] == "words", Says(words_of), lambda _: Status(500)
    )
    async with OpenAIServer([poor]).running() as server:
        options = "key=MODEL_KEY,retries=0,breaker_failures=1000"
        status, summary, messages = await run(
            tmp_path,
            *("--truth", "embedded"),
            *("--miner", "good=embedded"),
            *("--miner", f"poor=openai:words@{server.base_url},{options}"),
            *("--miner", f"rescued=openai:down@{server.base_url},{options},fallback=embedded"),
            *("--miner", f"lost=openai:down@{server.base_url},{options}"),
            MODEL_KEY=KEY,
            LLM_TYPE="no such annotator: every process has one of its own",
        )
        assert server.problems == []
    assert status == 0, messages
    miners = {miner["name"]: miner for miner in summary["miners"]}
    assert list(miners) == ["good", "poor", "rescued", "lost"]
    assert miners["good"]["annotator"] == "embedded"
    assert miners["poor"]["annotator"].startswith("openai:words@http://127.0.0.1:")
    assert KEY not in json.dumps(summary)
    reports = {name: miner["report"] for name, miner in miners.items()}
    assert all(report["asked"] > 0 for report in reports.values())
    assert reports["good"]["failed"] == reports["poor"]["failed"] == 0
    assert reports["rescued"]["fell_back"] == reports["rescued"]["asked"]
    assert reports["lost"]["failed"] == reports["lost"]["asked"]
    assert "HTTP 500" in reports["lost"]["last_failure"]
    assert miners["lost"]["weight"] == 0
    # A list of words earns nothing, an annotator that fails neither.
    assert miners["good"]["score"] > miners["poor"]["score"] >= miners["lost"]["score"] == 0
    assert [truth["annotator"].partition("/")[0] for truth in summary["truth"]] == ["embedded"]
    assert "rescued:" in messages
    assert "fell back" in messages


@pytest.mark.peers
async def test_llm_type_is_read_as_on_mainnet(tmp_path):
    async with OpenAIServer([Says(words_of)]).running() as server:
        status, summary, messages = await run(
            tmp_path,
            *("--miners", "1"),
            LLM_TYPE="openai",
            LLM_MODEL="words",
            LLM_BASE_URL=server.base_url,
            LLM_API_KEY=KEY,
        )
        assert server.problems == []
        asked = {request["model"] for request in server.requests}
    assert status == 0, messages
    assert asked == {"words"}
    assert summary["miners"][0]["annotator"].startswith("openai/words@")
    assert summary["truth"][0]["annotator"].startswith("openai/words@")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--miner", "a=gpt"), "there is no annotator 'gpt': choose embedded"),
        (("--miner", "a"), "write NAME=ANNOTATOR"),
        (("--miner", "owner=embedded"), "is none of index, own, owner, pages, validator"),
        (("--miner", "a=embedded", "--miner", "a=embedded"), "two miners are called a"),
        (("--truth", "openai"), "no key: set OPENAI_API_KEY"),
        (("--miners", "0"), "miners must be 1 to 64, not 0"),
    ],
)
def test_a_wrong_annotator_is_named_before_anything_is_touched(
    tmp_path, monkeypatch, capfd, arguments, message
):
    # Prepare: the command within this process, since nothing is started.
    monkeypatch.chdir(tmp_path)
    for name, value in (environment(tmp_path) | {"OPENAI_API_KEY": ""}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.argv", ["cgp", "localnet", "--limit", "1", "--json", *arguments])

    # Execute
    with pytest.raises(SystemExit) as end:
        main()

    # Assert
    messages = " ".join(capfd.readouterr().err.split())
    assert end.value.code == 2
    assert message in messages
    assert "Traceback" not in messages
    assert not (tmp_path / "localnet" / "chain.sqlite").exists()


def test_named_miners_stand_beside_default_ones_or_in_their_place():
    assert [miner.name for miner in miners_of(())] == ["miner-1", "miner-2", "miner-3"]
    assert miners_of(["a=embedded,max_tags=3"]) == (Miner("a", "embedded,max_tags=3"),)
    assert [miner.name for miner in miners_of(["a=embedded"], 2)] == ["miner-1", "miner-2", "a"]
    assert len({miner.description for miner in miners_of(())}) == 3
    with pytest.raises(LocalnetError, match="not 65"):
        miners_of(["a=embedded"], 64)


async def test_a_neuron_that_does_not_tell_keeps_nobody_waiting():
    reader = ReportReader({"gone": "http://127.0.0.1:9"})
    assert await reader.read() == {}


def test_trouble_is_said_in_a_few_words():
    good, bad = AnnotatorReport("e", asked=9), AnnotatorReport("m", asked=9, failed=2, fell_back=3)
    assert trouble_in({"a": [good]}) == ""
    assert trouble_in({"a": [good], "b": [bad]}) == "b: 2 failed, 3 fell back"
