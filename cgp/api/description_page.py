"""The page at /docs: the API's description as HTML, without scripts and without the network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "code{font-family:ui-monospace,monospace}h2{margin-top:2rem;border-top:1px solid #8884}"
    "table{border-collapse:collapse}td,th{padding:.2rem .8rem .2rem 0;text-align:left;vertical-align:top}"
    "pre{white-space:pre-wrap}@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}a{color:#8bf}}"
)
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""Content security policy of the page: its own style, and nothing else."""


def description_page(document: Mapping[str, Any]) -> str:
    """Return the page that shows an OpenAPI document: its routes, parameters and answers."""
    return "\n".join(_page(document))


def _page(document: Mapping[str, Any]) -> Iterator[str]:
    info = document["info"]
    title = f"{escape(info['title'])} {escape(info['version'])}"
    yield f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title>"
    yield f"<meta name=viewport content='width=device-width'><style>{_STYLE}</style>"
    yield f"<h1>{title}</h1><pre>{escape(info['description'].strip())}</pre>"
    yield "<p>For programs: <a href='/openapi.json'>/openapi.json</a></p>"
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield from _operation(path, method, operation)


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f"<h2><code>{escape(method.upper())} {escape(path)}</code></h2>"
    yield f"<p>{escape(operation.get('description', operation.get('summary', '')))}</p>"
    parameters = operation.get("parameters", [])
    if parameters:
        yield "<table><tr><th>parameter<th>kind<th>meaning"
        yield from map(_parameter, parameters)
        yield "</table>"
    answers = [
        f"{escape(status)} {escape(answer['description'])}"
        for status, answer in operation["responses"].items()
    ]
    yield f"<p><small>Answers: {'; '.join(answers)}</small></p>"


def _parameter(parameter: Mapping[str, Any]) -> str:
    mark = " (needed)" if parameter.get("required") else ""
    cells = (
        f"<code>{escape(parameter['name'])}</code>",
        f"{escape(_kind(parameter['schema']))}{mark}",
        escape(parameter.get("description", "")),
    )
    return f"<tr><td>{'<td>'.join(cells)}"


def _kind(schema: Mapping[str, Any]) -> str:
    """Return the type of a parameter in words: its values, its format or its type."""
    if "anyOf" in schema:
        return " or ".join(_kind(part) for part in schema["anyOf"] if part.get("type") != "null")
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    return str(schema.get("format") or schema.get("type", "any"))
