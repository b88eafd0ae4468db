"""Options of ``cgp chat``, ``worker`` and ``gateway`` that do not fit are named, with the remedy."""

import contextlib

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from cgp.chat.errors import OpenToOthersError
from cgp.chat.gateway import has_a_key, opened_gateway
from cgp.cli.chat import chat
from cgp.cli.errors import ending_of
from cgp.cli.worker import worker
from cgp.config import Settings
from cgp.web_address import web_address
from tests.chat.conftest import settings_for


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Returns the result of a command, with a store of its own."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))

    def call(command, *arguments):
        app = typer.Typer()
        app.command()(command)
        return CliRunner().invoke(app, list(arguments))

    return call


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--json"], "--json belongs to a question"),
        (["--direct"], "--direct belongs to a question"),
        (["--gateway", "http://127.0.0.1:9"], "--gateway belongs to a question"),
        (["--model", "x"], "--model belongs to a question"),
        (["", "--json"], "the question is empty"),
        (["ferry?", "--uid", "0"], "--direct asks"),
        (["ferry?", "--direct", "--gateway", "http://127.0.0.1:9"], "leave --gateway"),
        (["ferry?", "--gateway", "127.0.0.1:9"], "http://127.0.0.1:8080"),
    ],
)
def test_options_that_do_not_go_together_are_named_before_anything_is_opened(
    run, tmp_path, arguments, reason
):
    result = run(chat, *arguments)
    assert result.exit_code == 2
    assert reason in " ".join(result.output.split())
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--gateway", "here"], "--gateway: write an address with its scheme"),
        (["--base-url", "here"], "--base-url: write an address with its scheme"),
        (["--name", ""], "--name:"),
        (["--name", "../key"], "--name:"),
    ],
)
def test_a_worker_does_not_dial_for_ever_what_is_no_address(run, arguments, reason):
    ending = ending_of(run(worker, *arguments).exception)
    assert reason in ending.message
    assert ending.status == 2


def test_a_wrong_setting_of_the_environment_is_named_by_its_variable(run, monkeypatch):
    monkeypatch.setenv("WORKER_BASE_URL", "here")
    ending = ending_of(run(worker).exception)
    assert ending.message.startswith("WORKER_BASE_URL: write an address with its scheme")


def test_a_worker_without_its_model_is_told_of_the_option(run):
    assert "WORKER_MODEL (cgp worker --model)" in run(worker, "--backend", "llama_cpp").output


@given(
    st.sampled_from(["http://", "https://", "HTTP://", "ftp://", "//", ""]),
    st.sampled_from(["host.example", "127.0.0.1", "[::1]", "[::1", ""]),
    st.sampled_from(["", ":80", ":0", ":70000", ":x"]),
)
def test_an_address_has_a_scheme_a_host_and_a_port_that_there_is(scheme, host, port):
    is_whole = scheme.lower() in {"http://", "https://"} and host not in {"[::1", ""}
    with (
        contextlib.nullcontext()
        if is_whole and port in {"", ":80"}
        else pytest.raises(ValueError, match="scheme and host")
    ):
        assert web_address(f"{scheme}{host}{port}/v1") == f"{scheme}{host}{port}/v1"


async def test_a_gateway_that_others_could_use_says_how_it_stays_on_this_machine(run, tmp_path):
    settings = Settings()
    section = settings.gateway.model_copy(update={"host": "192.0.2.1"})
    with pytest.raises(OpenToOthersError) as caught:
        async with opened_gateway(settings.model_copy(update={"gateway": section})):
            pass
    assert "--host 127.0.0.1" in caught.value.remedy
    assert not (tmp_path / "data").exists()


async def test_a_gateway_knows_whether_it_lets_anybody_in(tmp_path):
    async with opened_gateway(settings_for(tmp_path)) as gateway:
        without_a_key = await has_a_key(gateway.desk)
        keys = gateway.desk.access.keys
        keys.create_key("ann", ["chat"])
        assert not without_a_key
        assert await has_a_key(gateway.desk)
