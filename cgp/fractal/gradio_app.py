"""The studio as a Gradio app (extra ``gradio``): chat, train, conversation, save and load.

It holds no logic: each button calls the studio, and an error is shown by its own words.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from cgp.errors import CgpError
from cgp.extras import how_to_install
from cgp.fractal.talk.conversing import TalkLimits
from cgp.fractal.talk.errors import TalkError
from cgp.fractal.talk.partner import PartnerAddress
from cgp.fractal.talk.studio import Studio

# As many lines as the original's log; the whole conversation is in the store.
_LINES = 20


def gradio_app(studio: Studio) -> Any:  # noqa: ANN401 - gradio's Blocks, an extra
    """Return the app over a studio, to be launched.

    Raises:
        TalkError: if Gradio is not installed.
    """
    try:
        import gradio
    except ImportError as error:
        raise TalkError(f"the app needs {how_to_install('gradio')}") from error
    with gradio.Blocks(title="Fractal talk", analytics_enabled=False) as app:
        gradio.Markdown(
            "# Fractal talk\nAnswers that were learned by heart, and no language model."
        )
        with gradio.Tab("Chat"):
            _chat_tab(gradio, studio)
        with gradio.Tab("Train on Q&A"):
            _train_tab(gradio, studio)
        with gradio.Tab("LM Studio conversation"):
            _conversation_tab(gradio, studio)
        with gradio.Tab("Save / load"):
            _files_tab(gradio, studio)
    return app


def _chat_tab(gradio: Any, studio: Studio) -> None:  # noqa: ANN401
    message = gradio.Textbox(label="Message")
    temperature = gradio.Slider(0.1, 2.0, value=0.7, step=0.1, label="Temperature")
    reply = gradio.Textbox(label="Reply", interactive=False)
    origin = gradio.Textbox(label="Where it comes from", interactive=False)

    def chat(words: str, heat: float) -> tuple[str, str]:
        try:
            result = studio.reply(words, heat)
        except (CgpError, ValueError) as error:
            return "", f"error: {error}"
        return result.text, f"{result.kind}, {result.confidence:.2f}"

    button = gradio.Button("Send")
    button.click(chat, [message, temperature], [reply, origin], api_name="chat")
    message.submit(chat, [message, temperature], [reply, origin], api_name=False)


def _train_tab(gradio: Any, studio: Studio) -> None:  # noqa: ANN401
    file = gradio.File(label="JSON of questions and answers", file_types=[".json"])
    epochs = gradio.Number(value=10, precision=0, minimum=1, label="Epochs")
    status = gradio.Textbox(label="Training", lines=12, interactive=False)

    def train(path: str | None, count: int) -> Iterator[str]:
        lines: list[str] = []
        try:
            if path is None:
                raise TalkError("choose a file first")
            data = Path(path).read_bytes()
            for line in studio.train(data, Path(path).name, int(count)):
                lines.append(line)
                yield "\n".join(lines)
        except (CgpError, OSError) as error:
            yield "\n".join([*lines, f"error: {error}"])

    gradio.Button("Train").click(train, [file, epochs], status, api_name="train")


def _conversation_tab(gradio: Any, studio: Studio) -> None:  # noqa: ANN401
    url = gradio.Textbox(value="http://localhost:1234/v1", label="Address of the server")
    model = gradio.Textbox(label="Name of its model")
    message = gradio.Textbox(value="Hello", label="Initial message")
    seconds = gradio.Number(value=60, minimum=1, label="Duration (s)")
    delay = gradio.Number(value=2, minimum=0, label="Delay between turns (s)")
    log = gradio.Textbox(label="Conversation", lines=_LINES, interactive=False)

    async def talk(
        address: str, name: str, words: str, length: float, pause: float
    ) -> AsyncIterator[str]:
        lines: list[str] = []
        try:
            limits = TalkLimits(float(length), float(pause))
            parts = studio.conversation(PartnerAddress(address, name), words, limits, 0.7)
            async for line in parts:
                lines = [*lines, line][-_LINES:]
                yield "\n".join(lines)
        except CgpError as error:
            yield "\n".join([*lines, f"error: {error}"])

    start = gradio.Button("Start")
    running = start.click(talk, [url, model, message, seconds, delay], log, api_name="conversation")
    gradio.Button("Stop").click(None, cancels=[running])


def _files_tab(gradio: Any, studio: Studio) -> None:  # noqa: ANN401
    name = gradio.Textbox(label="Name")
    status = gradio.Textbox(label="Saved models", lines=6, interactive=False)

    def report(headline: str) -> str:
        return "\n".join([headline, *studio.names()])

    def save(text: str) -> str:
        try:
            studio.save(text)
        except (CgpError, OSError) as error:
            return f"error: {error}"
        return report(f"saved {text}")

    def load(text: str) -> str:
        try:
            studio.load(text)
        except CgpError as error:
            return f"error: {error}"
        return report(f"loaded {text}")

    gradio.Button("Save").click(save, name, status, api_name="save")
    gradio.Button("Load").click(load, name, status, api_name="load")
