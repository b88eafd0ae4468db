"""The words of a Slack message: in its text, or in a program's blocks and attachments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cgp.sources.messages import text_of

MAX_DEPTH = 12
_LEAVES = {
    "text": "{text}",
    "link": "<{url}|{text}>",
    "user": "<@{user_id}>",
    "usergroup": "<!subteam^{usergroup_id}>",
    "channel": "<#{channel_id}>",
    "broadcast": "<!{range}>",
    "emoji": ":{name}:",
}


def message_text(message: dict[str, Any]) -> str:
    """Return the words of a message, references in Slack's own form.

    Its blocks repeat its text where both are there; attachments come in addition.

    Raises:
        ConversationError: if its text is not a string.
    """
    texts = [text_of(message.get("text"), "text")]
    # Programs write the words twice, for devices that show no blocks.
    if not texts[0].strip():
        texts = [_block(block) for block in _objects(message.get("blocks"))]
    texts += [_attachment(attachment) for attachment in _objects(message.get("attachments"))]
    return "\n".join(part for part in texts if part.strip())


def _objects(value: object) -> Iterator[dict[str, Any]]:
    return (
        (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())
    )


def _attachment(attachment: dict[str, Any]) -> str:
    """Return title and text of an attachment, or its fallback where neither is there."""
    if attachment.get("from_url") and not attachment.get("is_share"):
        return ""  # the preview of a link: words of the page, not of the sender
    pair = [p for key in ("title", "text") if isinstance(p := attachment.get(key), str) and p]
    fields = [
        ": ".join(p for key in ("title", "value") if isinstance(p := field.get(key), str) and p)
        for field in _objects(attachment.get("fields"))
    ]
    if pair or fields:
        return "\n".join([": ".join(pair), *fields]).strip()
    blocks = "\n".join(_block(block) for block in _objects(attachment.get("blocks"))).strip()
    fallback = attachment.get("fallback")
    return blocks or (fallback if isinstance(fallback, str) else "")


def _block(block: dict[str, Any]) -> str:
    if block.get("type") == "context":
        return ""  # small print beside the words
    parts = []
    text = block.get("text")
    if isinstance(text, dict) and isinstance(text.get("text"), str):
        parts.append(text["text"])
    elif isinstance(text, str):
        parts.append(text)
    fields = (field.get("text") for field in _objects(block.get("fields")))
    parts.extend(field for field in fields if isinstance(field, str))
    if block.get("type") == "rich_text":
        parts.append(_rich(block, 0))
    return "\n".join(part for part in parts if part)


def _rich(element: dict[str, Any], depth: int) -> str:
    form = _LEAVES.get(str(element.get("type")))
    if form is not None:
        values = {key: value for key, value in element.items() if isinstance(value, str)}
        if element.get("type") == "link" and "text" not in values:
            form = "<{url}>"
        try:
            return form.format_map(values)
        except KeyError:
            return ""
    # Slack nests lists a few levels deep; deeper ones are made to break a reader.
    if depth >= MAX_DEPTH:
        return ""
    lines = str(element.get("type")) in {"rich_text", "rich_text_list"}
    parts = (_rich(child, depth + 1) for child in _objects(element.get("elements")))
    return ("\n" if lines else "").join(parts)
