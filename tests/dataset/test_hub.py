"""A dataset goes to the Hub as one revision, through the real client, over interruptions."""

import json
import os
import subprocess
import sys

import pytest
from huggingface_hub.utils import disable_progress_bars, enable_progress_bars

from cgp.dataset import DatasetError, ShardLimits
from cgp.dataset.errors import SendError
from cgp.dataset.hub import Hub
from tests.dataset.folders import tree
from tests.dataset.stand_ins import FakeHub, served
from tests.dataset.test_kills import COMMAND

# The Hub's client hands a file to its HTTP client in a way that the latter no longer likes.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")


@pytest.fixture
def server(monkeypatch):
    # Xet is another protocol, which the stand-in does not speak; the client has this switch for it.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    hub = FakeHub()
    disable_progress_bars()
    with served(hub.application()) as address:
        hub.address = address
        yield hub
    enable_progress_bars()


def opened(server, token=FakeHub.TOKEN, **options):
    options.setdefault("private", False)
    return Hub.open("owner/name", format_name="hf", endpoint=server.address, token=token, **options)


def content(server):
    return {path: data for path, (_, data) in server.files.items() if path != ".gitattributes"}


def published(folder):
    return {name: data for name, data in tree(folder).items() if not name.startswith(".export")}


def test_a_push_makes_the_repository_the_dataset_in_one_commit(server, hf):
    folder, manifest = hf
    url = opened(server, private=True).push(folder, manifest)
    assert content(server) == published(folder)
    assert server.private in {True, "private"}
    (commit,) = server.commits
    assert commit[0] == "16 conversations, schema version 3"
    assert url.endswith(f"{1:040}")
    assert {mode for mode, _ in server.files.values()} == {"lfs", "regular"}


def test_a_push_that_failed_midway_uploads_only_what_is_missing(server, hf):
    folder, manifest = hf
    shards = {file.sha256 for file in manifest.files if file.path.endswith(".parquet")}
    server.uploads_left = len(shards) // 2
    with pytest.raises(SendError, match="507") as failure:
        opened(server).push(folder, manifest)
    assert FakeHub.TOKEN not in str(failure.value)
    assert failure.value.__suppress_context__
    assert server.commits == []
    assert len(server.uploads) == len(shards) // 2
    server.uploads_left = 10**6
    opened(server).push(folder, manifest)
    assert sorted(server.uploads) == sorted(shards)
    assert content(server) == published(folder)


def test_a_second_push_changes_nothing(server, hf):
    first = opened(server).push(*hf)
    assert opened(server).push(*hf) == first
    assert len(server.commits) == 1


def test_shards_of_an_earlier_dataset_are_removed(server, hf, make_dataset, tmp_path):
    opened(server).push(*hf)
    server.files["notes/train-00000-of-00001.parquet"] = ("regular", b"somebody's")
    manifest = make_dataset(tmp_path / "out", limits=ShardLimits(rows=1000), min_quality=0.5)
    opened(server).push(tmp_path / "out", manifest)
    others = {"notes/train-00000-of-00001.parquet": b"somebody's"}
    assert content(server) == published(tmp_path / "out") | others
    assert len(server.commits) == 2


def test_a_refused_token_is_told_and_not_shown(server, hf):
    with pytest.raises(SendError, match="401") as failure:
        opened(server, token="hf_wrong").push(*hf)
    assert "hf_wrong" not in str(failure.value)
    assert server.commits == []


@pytest.mark.parametrize(
    ("repository", "format_name", "problem"),
    [
        ("name", "hf", "OWNER/NAME is needed"),
        ("a/b/c", "hf", "OWNER/NAME is needed"),
        ("owner/name", "jsonl", "needs --format hf"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_sent(repository, format_name, problem):
    with pytest.raises(DatasetError, match=problem):
        Hub.open(repository, private=False, format_name=format_name, token="t")


def test_the_command_pushes_with_the_token_and_address_of_the_environment(server, small, tmp_path):
    environment = os.environ | {
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": small,
        "HF_HOME": str(tmp_path / "home"),
        "HF_ENDPOINT": server.address,
        "HF_TOKEN": FakeHub.TOKEN,
        "HF_HUB_DISABLE_XET": "1",
    }
    arguments = [str(tmp_path / "out"), "--push", "owner/name", "--private", "--json"]
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["pushed"]["url"].endswith(f"{1:040}")
    assert content(server) == published(tmp_path / "out")
    assert FakeHub.TOKEN not in done.stdout + done.stderr
