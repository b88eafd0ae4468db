"""The knowledge graph of Mycelium: nodes, groups and models, as signed messages tell them.

Each node has a named graph, which is replaced as a whole by what its last messages say. Terms are
those of PROV-O (a model was derived from one, and attributed to a node) and schema.org (names,
addresses), and a few of the project's own under ``urn:cgp:mycelium:``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeVar

from cgp.mycelium.graph_store import BINDINGS, GraphStore
from cgp.mycelium.messages import NodeMessage
from cgp.mycelium.updates import Update
from cgp.mycelium.wire import MICRO

if TYPE_CHECKING:
    from pyoxigraph import Literal, NamedNode, Triple

    from cgp.mycelium.graph_store import Row

logger = logging.getLogger(__name__)

T = TypeVar("T")

OWN: Final = "urn:cgp:mycelium:"
PROV: Final = "http://www.w3.org/ns/prov#"
SCHEMA_ORG: Final = "https://schema.org/"
_TYPE: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_DATE_TIME: Final = "http://www.w3.org/2001/XMLSchema#dateTime"
MOST_GROUPS: Final = 20

_GROUPS: Final = f"""
PREFIX m: <{OWN}> PREFIX schema: <{SCHEMA_ORG}>
SELECT ?name ?members ?loss ?seen ?place ?herald WHERE {{
  {BINDINGS}
  GRAPH ?graph {{
    ?group a m:Group ; schema:name ?name ; m:schema ?schema ; m:members ?members ; m:lastSeen ?seen ;
      m:herald ?herald .
    OPTIONAL {{ ?group m:heldOutLoss ?loss }}
    OPTIONAL {{ ?group schema:url ?place }}
  }}
  FILTER (?seen >= ?oldest)
}} ORDER BY DESC(?members) ?name LIMIT {MOST_GROUPS}
"""
_LINEAGE: Final = f"""
PREFIX m: <{OWN}> PREFIX prov: <{PROV}>
SELECT ?model ?parent ?node ?round ?at WHERE {{
  {BINDINGS}
  GRAPH ?graph {{
    ?model a m:Model ; m:group ?group ; m:round ?round ; prov:wasDerivedFrom ?parent ;
      prov:wasAttributedTo ?node ; prov:generatedAtTime ?at .
  }}
}} ORDER BY DESC(?round) ?node LIMIT 200
"""
_FORGET: Final = f"""
PREFIX m: <{OWN}>
DELETE {{ GRAPH ?graph {{ ?s ?p ?o }} }} WHERE {{
  {BINDINGS}
  GRAPH ?graph {{ ?node a m:Node ; m:lastSeen ?seen . ?s ?p ?o }}
  FILTER (?seen < ?oldest)
}}
"""


@dataclass(frozen=True, slots=True)
class GroupRecord:
    """A group that was announced lately. ``loss`` is its herald's claim, None for none."""

    name: str
    members: int
    loss: float | None
    last_seen: str
    place: str
    herald: str


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """A head that a node sent in a round, and the one that it was trained from (digests)."""

    digest: str
    parent: str
    node: str
    round: int
    at: str


class KnowledgeGraph:
    """Nodes, groups and models in a ``GraphStore``."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    async def put_node(
        self, node: str, now: float, announcement: NodeMessage | None, update: Update | None
    ) -> None:
        """Replace a node's graph by its last announcement and its last update, if it made them.

        Raises:
            GraphError: if the graph cannot be written now.
        """
        triples = [
            *_node_triples(node, now),
            *(_group_triples(announcement, now) if announcement is not None else ()),
            *(_model_triples(update) if update is not None else ()),
        ]
        await self._store.put_graph(_iri("graph", node).value, triples)

    async def groups(self, schema: str, oldest: float) -> list[GroupRecord]:
        """Return the groups of a schema that were seen since ``oldest``, the largest first.

        Raises:
            GraphError: if the graph cannot be read now.
        """
        from pyoxigraph import Literal

        bindings = {"schema": Literal(schema), "oldest": _time(oldest)}
        rows = await self._store.select(_GROUPS, bindings)
        groups: dict[str, GroupRecord] = {}
        for record in _records(rows, _group_record):
            # Two heralds may announce one group; the first row has the most members.
            groups.setdefault(record.name, record)
        return list(groups.values())

    async def lineage(self, group: str) -> list[ModelRecord]:
        """Return the latest heads of a group's nodes, with the heads that they came from.

        Raises:
            GraphError: if the graph cannot be read now.
        """
        rows = await self._store.select(_LINEAGE, {"group": _iri("group", group)})
        return _records(rows, _model_record)

    async def remove_node(self, node: str) -> None:
        """Remove a node's graph.

        Raises:
            GraphError: if the graph cannot be written now.
        """
        await self._store.put_graph(_iri("graph", node).value, ())

    async def forget(self, oldest: float) -> None:
        """Remove nodes that were not seen since ``oldest``.

        Raises:
            GraphError: if the graph cannot be written now.
        """
        await self._store.update(_FORGET, {"oldest": _time(oldest)})


def _records(rows: Iterable[Row], record_of: Callable[[Row], T]) -> list[T]:
    """Return the records of rows. Rows with a wrong number are left out, and said in the log."""
    records = []
    for row in rows:
        try:
            records.append(record_of(row))
        except ValueError as error:
            # A server may have other writers, which put in anything, also something very long.
            logger.warning("the knowledge graph: a row is left out: %.200s", error)
    return records


def _group_record(row: Row) -> GroupRecord:
    return GroupRecord(
        row["name"].value,
        int(row["members"].value),
        float(row["loss"].value) if "loss" in row else None,
        row["seen"].value,
        row["place"].value if "place" in row else "",
        row["herald"].value.removeprefix(f"{OWN}node:"),
    )


def _model_record(row: Row) -> ModelRecord:
    return ModelRecord(
        row["model"].value.removeprefix(f"{OWN}model:"),
        row["parent"].value.removeprefix(f"{OWN}model:"),
        row["node"].value.removeprefix(f"{OWN}node:"),
        int(row["round"].value),
        row["at"].value,
    )


def _node_triples(node: str, now: float) -> list[Triple]:
    subject = _iri("node", node)
    return [
        _triple(subject, _TYPE, _own("Node")),
        _triple(subject, _TYPE, _term(f"{PROV}Agent")),
        _triple(subject, f"{OWN}publicKey", _text(node)),
        _triple(subject, f"{OWN}lastSeen", _time(now)),
    ]


def _group_triples(announcement: NodeMessage, now: float) -> list[Triple]:
    group = _iri("group", announcement.group)
    triples = [
        _triple(group, _TYPE, _own("Group")),
        _triple(group, f"{SCHEMA_ORG}name", _text(announcement.group)),
        _triple(group, f"{OWN}schema", _text(announcement.schema)),
        _triple(group, f"{OWN}members", _text(announcement.members)),
        _triple(group, f"{OWN}round", _text(announcement.round)),
        _triple(group, f"{OWN}lastSeen", _time(now)),
        _triple(group, f"{OWN}herald", _iri("node", announcement.node)),
    ]
    if announcement.loss_micro:
        loss = _text(announcement.loss_micro / MICRO)
        triples.append(_triple(group, f"{OWN}heldOutLoss", loss))
    if announcement.head:
        triples.append(_triple(group, f"{OWN}head", _iri("model", announcement.head)))
    if announcement.place:
        triples.append(_triple(group, f"{SCHEMA_ORG}url", _text(announcement.place)))
    return triples


def _model_triples(update: Update) -> list[Triple]:
    model = _iri("model", update.digest)
    return [
        _triple(model, _TYPE, _own("Model")),
        _triple(model, _TYPE, _term(f"{PROV}Entity")),
        _triple(model, f"{OWN}group", _iri("group", update.group)),
        _triple(model, f"{OWN}round", _text(update.round)),
        _triple(model, f"{OWN}schema", _text(update.schema)),
        _triple(model, f"{OWN}weight", _text(update.weight)),
        _triple(model, f"{OWN}privacyUnit", _text(update.privacy_unit)),
        _triple(model, f"{OWN}rho", _text(update.rho)),
        _triple(model, f"{PROV}wasDerivedFrom", _iri("model", update.parent)),
        _triple(model, f"{PROV}wasAttributedTo", _iri("node", update.node)),
        _triple(model, f"{PROV}generatedAtTime", _time(update.time_ms / 1000)),
    ]


def _triple(subject: NamedNode, predicate: str, value: NamedNode | Literal) -> Triple:
    from pyoxigraph import Triple

    return Triple(subject, _term(predicate), value)


def _iri(kind: str, name: str) -> NamedNode:
    """Return the IRI of a thing; names are checked on the wire, and here once more.

    Raises:
        ValueError: if the name cannot stand in an IRI.
    """
    return _term(f"{OWN}{kind}:{name}")


def _own(name: str) -> NamedNode:
    return _term(f"{OWN}{name}")


def _term(iri: str) -> NamedNode:
    from pyoxigraph import NamedNode

    return NamedNode(iri)


def _text(value: str | float) -> Literal:
    from pyoxigraph import Literal

    return Literal(value)


def _time(seconds: float) -> Literal:
    """Return a time; years beyond 9999 are not times, and a claim of one counts as the last."""
    from pyoxigraph import Literal

    moment = datetime.fromtimestamp(min(max(seconds, 0.0), 2.5e11), UTC)
    return Literal(moment.isoformat(), datatype=_term(_DATE_TIME))
