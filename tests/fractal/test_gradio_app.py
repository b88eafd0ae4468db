"""The Gradio app, called by Gradio's own client over HTTP."""

import gc
import json
import warnings

import pytest

from tests.fractal.test_studio import open_studio
from tests.fractal.test_talk import PAIRS
from tests.kit.llm_server import OpenAIServer, Says

pytestmark = [
    pytest.mark.peers,
    # The libraries' own: they use parts of others that are to be withdrawn.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def client(tmp_path, monkeypatch):
    """A client of a running app with an empty studio."""
    monkeypatch.setenv("GRADIO_ANALYTICS_ENABLED", "False")
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("gradio", reason="the extra gradio is not installed")
        gradio_client = pytest.importorskip("gradio_client")
        from cgp.fractal.gradio_app import gradio_app

        kept = []
        app = gradio_app(open_studio(tmp_path / "talk", kept.append))
        app.queue()
        _, url, _ = app.launch(
            server_name="127.0.0.1", server_port=None, share=False, prevent_thread_lock=True,
            quiet=True,
        )  # fmt: skip
        try:
            client = gradio_client.Client(url, verbose=False)
            client.kept = kept
            yield client
        finally:
            app.close()
            client.close()
            del app, client
            # The event loops that Gradio leaves behind are taken away here, and not in a later test.
            gc.collect()


async def test_each_tab_does_what_the_functions_do(client, tmp_path):
    import asyncio

    from gradio_client import handle_file

    # Prepare
    file = tmp_path / "qa.json"
    file.write_text(json.dumps(PAIRS), encoding="utf-8")
    call = client.predict

    # Execute and assert: nothing is known before the training.
    assert "no model" in call("hello", 0.7, api_name="/chat")[1]
    training = client.submit(handle_file(str(file)), 2, api_name="/train")
    shown = list(await asyncio.to_thread(lambda: list(training)))
    assert "epoch 2: loss" in shown[-1]
    # The lines came one after the other, while it learned.
    assert len(shown) > 2

    reply, origin = call(PAIRS[1][0], 0.7, api_name="/chat")
    assert reply == PAIRS[1][1]
    assert origin.startswith("answered")
    assert "error" in call("", 0.7, api_name="/chat")[1]
    assert "saved mine" in call("mine", api_name="/save")
    assert "error" in call("../mine", api_name="/load")
    assert "loaded mine" in call("mine", api_name="/load")

    server = OpenAIServer([Says(PAIRS[2][0]), Says("")])
    server.check = lambda request, body: []
    async with server.running():
        arguments = (server.base_url, "m", PAIRS[0][0], 20, 0)
        log = await asyncio.to_thread(call, *arguments, api_name="/conversation")
    assert PAIRS[2][1] in log
    assert "ended: empty" in log
    assert len(client.kept) == 1
