"""An OpenAI-compatible server for chat workers: it streams words, can be held, and notes aborts.

Run as a script it serves until standard input is closed: ``chat_backend.py [--first SECONDS] [--each
SECONDS]``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from contextlib import asynccontextmanager

from aiohttp import web

WORDS = ["Ferries ", "are ", "late."]


class ChatBackend:
    """``first`` and ``each`` are the seconds before the first word and before every other."""

    def __init__(self, first=0.0, each=0.0, words=WORDS, model="m"):
        self.first, self.each, self.words, self.model = first, each, words, model
        self.requests = []
        self.aborted = 0
        self.in_flight = self.most_in_flight = 0
        self.refusal = None
        self.claimed_tokens = None
        self.url = ""

    @asynccontextmanager
    async def running(self):
        app = web.Application(client_max_size=4 << 20, handler_args={"handler_cancellation": True})
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_post("/v1/embeddings", self._embed)
        app.router.add_get("/v1/models", self._models)
        runner = web.AppRunner(
            app, shutdown_timeout=0.1, handler_cancellation=True, access_log=None
        )
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _models(self, request):
        return web.json_response({"object": "list", "data": [{"id": self.model}]})

    async def _embed(self, request):
        body = await request.json()
        data = [
            {"object": "embedding", "index": i, "embedding": [float(len(text)), 1.0]}
            for i, text in enumerate(body["input"])
        ]
        usage = {"prompt_tokens": 2, "total_tokens": 2}
        return web.json_response(
            {"object": "list", "model": body["model"], "data": data, "usage": usage}
        )

    async def _chat(self, request):
        body = await request.json()
        self.requests.append(body)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            return await self._answer(request, body)
        except (asyncio.CancelledError, ConnectionError):
            self.aborted += 1
            raise
        finally:
            self.in_flight -= 1

    async def _answer(self, request, body):
        if self.refusal is not None:
            status, message = self.refusal
            return web.json_response({"error": {"message": message}}, status=status)
        head = {"id": "x", "created": 1, "model": self.model}
        tokens = len(self.words) if self.claimed_tokens is None else self.claimed_tokens
        usage = {"prompt_tokens": 5, "completion_tokens": tokens}
        usage["total_tokens"] = sum(usage.values())
        if not body.get("stream"):
            await asyncio.sleep(self.first + self.each * (len(self.words) - 1))
            message = {"role": "assistant", "content": "".join(self.words)}
            if body.get("tools"):
                call = {"id": "c", "type": "function"}
                call["function"] = {"name": body["tools"][0]["function"]["name"], "arguments": "{}"}
                message = {"role": "assistant", "content": None, "tool_calls": [call]}
            choices = [
                {"index": i, "message": message, "finish_reason": "stop"}
                for i in range(body.get("n", 1))
            ]
            return web.json_response(
                head | {"object": "chat.completion", "choices": choices, "usage": usage}
            )
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await asyncio.sleep(self.first)
        for number, word in enumerate(self.words):
            if number:
                await asyncio.sleep(self.each)
            await self._event(response, head, {"content": word}, None)
        await self._event(response, head, {}, "stop")
        await response.write(
            b"data: " + json.dumps(head | {"choices": [], "usage": usage}).encode()
        )
        await response.write(b"\n\ndata: [DONE]\n\n")
        return response

    @staticmethod
    async def _event(response, head, delta, finish):
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        document = head | {"object": "chat.completion.chunk", "choices": [choice]}
        await response.write(b"data: " + json.dumps(document).encode() + b"\n\n")


async def serve(first, each):
    async with ChatBackend(first, each).running() as backend:
        print(backend.url, flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--first", type=float, default=0.0)
    parser.add_argument("--each", type=float, default=0.0)
    given = parser.parse_args()
    asyncio.run(serve(given.first, given.each))
