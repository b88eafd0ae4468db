"""The tool ``ask`` of ``cgp mcp`` asks a real gateway, called by the official client."""

from mcp import Client
from mcp.server import MCPServer

from cgp.chat.local import local_chat
from cgp.chat.mcp_tool import add_ask_tool
from tests.chat.conftest import settings_for

QUESTION = "What did they try with hydrogen for the ferry?"


async def test_a_client_of_mcp_asks_the_gateway_and_gets_cited_turns(tmp_path):
    async with local_chat(settings_for(tmp_path)) as url:
        server = MCPServer("genome", log_level="WARNING")
        add_ask_tool(server, url, None)
        async with Client(server) as opened:
            (tool,) = (await opened.list_tools()).tools
            result = await opened.call_tool("ask", {"question": QUESTION})
            empty = await opened.call_tool("ask", {"question": " "})
            unknown = await opened.call_tool("ask", {"question": QUESTION, "model": "none"})

    assert tool.name == "ask"
    assert tool.annotations.read_only_hint
    assert not result.is_error, result.content
    reply = result.structured_content
    assert "electrolyser" in reply["answer"]
    assert reply["citations"][0]["quote"] in reply["answer"]
    assert reply["model"] == "extractive"
    assert empty.is_error
    assert unknown.is_error
    assert "/v1/models" in unknown.content[0].text
