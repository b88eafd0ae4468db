"""Stores of RDF: pyoxigraph in this process, or any SPARQL 1.1 server, with the same three
operations.

Queries are constants. Values never become part of their text: they are RDF terms, written by the
library in a block of data (``VALUES``) at the place that the query marks with ``BINDINGS``.
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias
from urllib.parse import urlsplit

from cgp.bounded_bodies import body_within
from cgp.extras import how_to_install
from cgp.mycelium.errors import MyceliumError

if TYPE_CHECKING:
    import aiohttp
    from pyoxigraph import BlankNode, Literal, NamedNode, Store, Triple

    Term: TypeAlias = NamedNode | BlankNode | Literal
    Row: TypeAlias = dict[str, Term]

BINDINGS: Final = "#BINDINGS#"
MAX_ANSWER_BYTES: Final = 4 << 20
_MOST_STATEMENTS: Final = 10_000
_SECONDS: Final = 10.0
_DATABASE: Final = re.compile(r"[A-Za-z0-9_.-]{0,100}")
# Others' graphs on the same server are not ours to give out.
_EVERYTHING: Final = f"""
SELECT ?g ?s ?p ?o WHERE {{
  {BINDINGS}
  GRAPH ?g {{ ?s ?p ?o }}
  FILTER (STRSTARTS(STR(?g), "urn:cgp:mycelium:"))
}} LIMIT {_MOST_STATEMENTS + 1}
"""


class GraphError(
    MyceliumError, code="mycelium.graph", remedy="see the message; rounds go on without the graph"
):
    """The knowledge graph cannot be read or written now."""


class GraphExtraError(GraphError, code="mycelium.graph_extra", remedy=how_to_install("mycelium")):
    """The package pyoxigraph is missing."""


class GraphStore(Protocol):
    """A set of named graphs."""

    async def put_graph(self, name: str, triples: Sequence[Triple]) -> None:
        """Put these triples in the place of the graph of this name, all at once.

        Raises:
            GraphError: if it cannot be done now; the graph stays as it was.
            ValueError: if the name is not an IRI.
        """
        ...

    async def select(self, query: str, bindings: Mapping[str, Term]) -> list[Row]:
        """Return the rows of a query of this package's, with its variables bound.

        Raises:
            GraphError: if it cannot be done now.
        """
        ...

    async def update(self, update: str, bindings: Mapping[str, Term]) -> None:
        """Carry out an update of this package's, with its variables bound.

        Raises:
            GraphError: if it cannot be done now.
        """
        ...

    async def dump(self) -> bytes:
        """Return the graphs as N-Quads.

        Raises:
            GraphError: if it cannot be done now.
        """
        ...

    async def close(self) -> None:
        """Release the files and connections of the store. Idempotent."""
        ...


def with_bindings(query: str, bindings: Mapping[str, Term]) -> str:
    """Return a query with its block of data. Names of variables come from our own code.

    Raises:
        ValueError: if the query has no place for the block, or a name is not a variable.
    """
    if query.count(BINDINGS) != 1 or not all(name.isidentifier() for name in bindings):
        raise ValueError("a query marks one place for its bindings, and names are identifiers")
    names = " ".join(f"?{name}" for name in bindings)
    # A term's text is the library's own, with everything escaped that could end it.
    values = " ".join(str(term) for term in bindings.values())
    return query.replace(BINDINGS, f"VALUES ({names}) {{ ({values}) }}" if bindings else "")


class OxigraphStore:
    """Graphs in a folder of this process alone, or in memory without one."""

    def __init__(self, folder: Path | None = None) -> None:
        try:
            import pyoxigraph
        except ImportError:
            raise GraphExtraError(
                "the knowledge graph needs the package pyoxigraph, of the extra mycelium"
            ) from None
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        try:
            # A second process that opens the folder gets an error: RocksDB has one owner.
            self._store: Store = pyoxigraph.Store(folder)
        except OSError as error:
            raise GraphError(f"{folder}: {error}") from error

    async def put_graph(self, name: str, triples: Sequence[Triple]) -> None:
        """Replace a graph. Raises as ``GraphStore.put_graph``."""
        from pyoxigraph import NamedNode

        graph = NamedNode(name)
        text = _text_of(triples)
        # One update is one transaction: no reader sees the graph half full.
        await self._run(f"DROP SILENT GRAPH {graph}; INSERT DATA {{ GRAPH {graph} {{ {text} }} }}")

    async def select(self, query: str, bindings: Mapping[str, Term]) -> list[Row]:
        """Return rows. Raises as ``GraphStore.select``."""
        text = with_bindings(query, bindings)

        def run() -> list[Row]:
            solutions: Any = self._store.query(text)
            names = [variable.value for variable in solutions.variables]
            return [
                {name: term for name in names if (term := row[name]) is not None}
                for row in solutions
            ]

        try:
            return await asyncio.to_thread(run)
        except (OSError, SyntaxError) as error:
            raise GraphError(str(error)) from error

    async def update(self, update: str, bindings: Mapping[str, Term]) -> None:
        """Carry out an update. Raises as ``GraphStore.update``."""
        await self._run(with_bindings(update, bindings))

    async def dump(self) -> bytes:
        """Return everything as N-Quads."""
        from pyoxigraph import RdfFormat

        def run() -> bytes:
            buffer = io.BytesIO()
            self._store.dump(buffer, RdfFormat.N_QUADS)
            return buffer.getvalue()

        return await asyncio.to_thread(run)

    async def close(self) -> None:
        """Write everything to the disk, and let another process open the folder."""
        import pyoxigraph

        await asyncio.to_thread(self._store.flush)
        # The library has no close: its lock ends with the last reference.
        self._store = pyoxigraph.Store()

    async def _run(self, update: str) -> None:
        try:
            await asyncio.to_thread(self._store.update, update)
        except (OSError, SyntaxError) as error:
            raise GraphError(str(error)) from error


@dataclass(frozen=True, slots=True)
class SparqlPlace:
    """A SPARQL 1.1 server: its address, and the database where it has several (Fuseki).

    Raises:
        ValueError: if the address is none, or holds a password.
    """

    url: str
    database: str = ""
    user: str = ""
    password: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"FUSEKI_SERVER_URL is http://… or https://…, not {self.url!r}")
        if "@" in parts.netloc or parts.query or parts.fragment:
            raise ValueError(
                "FUSEKI_SERVER_URL is an address alone: FUSEKI_USER and FUSEKI_PASSWORD hold the rest"
            )
        if not _DATABASE.fullmatch(self.database):
            raise ValueError(f"FUSEKI_DATABASE_NAME is a plain name, not {self.database!r}")

    def store(self) -> SparqlStore:
        """Return the store. Fuseki has three paths a database; others have theirs at the top."""
        base = self.url.rstrip("/") + (f"/{self.database}" if self.database else "")
        graphs = f"{base}/{'data' if self.database else 'store'}"
        return SparqlStore(f"{base}/query", f"{base}/update", graphs, self.user, self.password)


class SparqlStore:
    """Graphs of a SPARQL 1.1 server: its query, update and graph store addresses.

    The addresses come from the owner's settings alone. Redirects are not followed: they would carry
    the password elsewhere.
    """

    def __init__(
        self, query: str, update: str, graphs: str, user: str = "", password: str = ""
    ) -> None:
        self._query = query
        self._update = update
        self._graphs = graphs
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._login = {"Authorization": f"Basic {token}"} if user else {}
        self._session: aiohttp.ClientSession | None = None

    async def put_graph(self, name: str, triples: Sequence[Triple]) -> None:
        """Replace a graph. Raises as ``GraphStore.put_graph``."""
        from pyoxigraph import NamedNode

        await self._send(
            "PUT",
            self._graphs,
            _text_of(triples).encode(),
            "application/n-triples",
            {"graph": NamedNode(name).value},
        )

    async def select(self, query: str, bindings: Mapping[str, Term]) -> list[Row]:
        """Return rows. Raises as ``GraphStore.select``."""
        text = with_bindings(query, bindings).encode()
        data = await self._send("POST", self._query, text, "application/sparql-query")
        try:
            return [_row(row) for row in json.loads(data)["results"]["bindings"]]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise GraphError(f"{self._query} gave no SPARQL results: {error!r}") from error

    async def update(self, update: str, bindings: Mapping[str, Term]) -> None:
        """Carry out an update. Raises as ``GraphStore.update``."""
        text = with_bindings(update, bindings).encode()
        await self._send("POST", self._update, text, "application/sparql-update")

    async def dump(self) -> bytes:
        """Return this project's graphs as N-Quads. Raises as ``GraphStore.dump``."""
        from pyoxigraph import Quad, RdfFormat, serialize

        rows: list[Any] = await self.select(_EVERYTHING, {})
        if len(rows) > _MOST_STATEMENTS:
            raise GraphError(
                f"there are more than {_MOST_STATEMENTS} statements; ask {self._query} for them"
            )
        quads = [Quad(row["s"], row["p"], row["o"], row["g"]) for row in rows]
        text: bytes | None = serialize(quads, format=RdfFormat.N_QUADS)
        assert text is not None  # None only where it was written to a file
        return text

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def _send(
        self,
        method: str,
        url: str,
        body: bytes,
        content: str,
        parameters: Mapping[str, str] | None = None,
    ) -> bytes:
        import aiohttp

        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers=self._login, timeout=aiohttp.ClientTimeout(total=_SECONDS)
            )
        headers = {"Content-Type": content, "Accept": "application/sparql-results+json"}
        try:
            async with self._session.request(
                method, url, data=body, headers=headers, params=parameters, allow_redirects=False
            ) as answer:
                if answer.status >= 300:
                    raise GraphError(f"{url} answered {answer.status}")
                data = await body_within(answer, MAX_ANSWER_BYTES)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise GraphError(f"{url}: {str(error) or type(error).__name__}") from error
        if data is None:
            raise GraphError(f"{url} answered more than {MAX_ANSWER_BYTES} bytes")
        return data


def _text_of(triples: Iterable[Triple]) -> str:
    """Return triples as N-Triples, which SPARQL reads as they are."""
    from pyoxigraph import RdfFormat, serialize

    text: bytes | None = serialize(triples, format=RdfFormat.N_TRIPLES)
    assert text is not None  # None only where it was written to a file
    return text.decode()


def _row(document: Mapping[str, Any]) -> Row:
    return {name: _term(value) for name, value in document.items()}


def _term(value: Mapping[str, Any]) -> Term:
    from pyoxigraph import BlankNode, Literal, NamedNode

    match value["type"]:
        case "uri":
            return NamedNode(value["value"])
        case "bnode":
            return BlankNode(value["value"])
        case _:
            language, datatype = value.get("xml:lang"), value.get("datatype")
            if language is not None:
                return Literal(value["value"], language=language)
            return Literal(value["value"], datatype=NamedNode(datatype) if datatype else None)
