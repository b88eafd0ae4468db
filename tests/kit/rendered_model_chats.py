"""Chats with a model as each service's export has them: a JSON document of trees of messages."""

from tests.kit.rendering import Rendering, dump, epoch, iso, key, moment


def chatgpt(talk):
    nodes = {"r": {"id": "r", "parent": None, "children": ["0"], "message": None}}
    for i, (name, words, minute) in enumerate(talk):
        role = "user" if name == "User" else "assistant"
        nodes[str(i)] = {
            "id": str(i), "parent": str(i - 1) if i else "r", "children": [],
            "message": {"author": {"role": role}, "create_time": moment(minute).timestamp(), "recipient": "all",
                        "content": {"content_type": "text", "parts": [words]}, "metadata": {}},
        }  # fmt: skip
    return {"conversation_id": key(talk), "mapping": nodes, "current_node": str(len(talk) - 1)}


def claude(talk):
    return {"uuid": key(talk), "name": "t", "chat_messages": [
        {"uuid": str(i), "sender": "human" if n == "Human" else "assistant", "text": w, "created_at": iso(m),
         "content": [{"type": "text", "text": w}]} for i, (n, w, m) in enumerate(talk)
    ]}  # fmt: skip


def deepseek(talk):
    nodes = {"root": {"id": "root", "parent": None, "children": ["0"], "message": None}}
    for i, (name, words, minute) in enumerate(talk):
        kind = "REQUEST" if name == "User" else "RESPONSE"
        nodes[str(i)] = {"id": str(i), "parent": str(i - 1) if i else "root", "children": [], "message": {
            "inserted_at": iso(minute), "fragments": [{"type": kind, "content": words}]}}  # fmt: skip
    return {"id": key(talk), "title": "t", "mapping": nodes}


def open_webui(talk):
    nodes = {
        str(i): {"id": str(i), "parentId": str(i - 1) if i else None, "childrenIds": [], "role": name.lower(),
                 "content": words, "timestamp": epoch(minute) // 1000}
        for i, (name, words, minute) in enumerate(talk)
    }  # fmt: skip
    history = {"currentId": str(len(talk) - 1), "messages": nodes}
    return {"id": key(talk), "title": "t", "chat": {"history": history}}


def grok(talk):
    return {"conversation": {"id": key(talk), "title": "t", "leaf_response_id": None}, "responses": [
        {"response": {"_id": str(i), "parent_response_id": str(i - 1) if i else None, "message": w,
                      "sender": "human" if n == "User" else "ASSISTANT",
                      "create_time": {"$date": {"$numberLong": str(epoch(m))}}}} for i, (n, w, m) in enumerate(talk)
    ]}  # fmt: skip


def librechat(talk):
    return dump({"conversationId": key(talk), "title": "t", "messages": [
        {"messageId": str(i), "parentMessageId": str(i - 1) if i else "0000", "text": w, "sender": n,
         "isCreatedByUser": n == "User", "createdAt": iso(m)} for i, (n, w, m) in enumerate(talk)
    ]})  # fmt: skip


def lm_studio(talk):
    return dump({"name": "t", "createdAt": epoch(0), "messages": [
        {"versions": [{"type": "singleStep", "role": n.lower(), "content": [{"type": "text", "text": w}]}], "currentlySelected": 0}
        for n, w, _ in talk
    ]})  # fmt: skip


def ai_studio(talk):
    return dump({"runSettings": {"model": "x"}, "chunkedPrompt": {"chunks": [
        {"text": w, "role": "user" if n == "User" else "model", "tokenCount": 3} for n, w, _ in talk
    ]}})  # fmt: skip


MODEL_CHATS = [
    Rendering("chatgpt", "t.json", lambda talks: dump([chatgpt(t) for t in talks]), people=("User", "ChatGPT")),
    Rendering("claude", "t.json", lambda talks: dump([claude(t) for t in talks]), people=("Human", "Claude")),
    Rendering("deepseek", "t.json", lambda talks: dump([deepseek(t) for t in talks]), people=("User", "DeepSeek")),
    Rendering("open-webui", "t.json", lambda talks: dump([open_webui(t) for t in talks]), people=("User", "Assistant")),
    Rendering("librechat", "t.json", lambda talks: librechat(talks[0]), people=("User", "Assistant")),
    Rendering("lm-studio", "t.json", lambda talks: lm_studio(talks[0]), people=("User", "Assistant")),
    Rendering("ai-studio", "t.json", lambda talks: ai_studio(talks[0]), people=("User", "Gemini")),
    Rendering("grok", "t.json", lambda talks: dump({"conversations": [grok(t) for t in talks]}), people=("User", "Grok")),
]  # fmt: skip
"""Formats of chats with a model."""
