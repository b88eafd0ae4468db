"""A Croissant description of a dataset: JSON-LD that names files, hashes and columns.

Croissant 1.0 of MLCommons (docs.mlcommons.org/croissant): search engines for datasets read it, and
``mlcroissant`` loads the records by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cgp.dataset.columns import COLUMNS, Column
from cgp.dataset.manifest import DataFile

CROISSANT = "croissant.json"

_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_TYPES = {
    "string": "sc:Text",
    "strings": "sc:Text",
    "int32": "sc:Integer",
    "int32s": "sc:Integer",
    "float64": "sc:Float",
    "vector": "sc:Float",
    "bool": "sc:Boolean",
}
_LISTS = frozenset({"strings", "int32s", "vector", "records"})
_ENCODINGS = {"parquet": "application/x-parquet", "jsonl": "application/jsonlines"}


def croissant(document: Mapping[str, Any], files: list[DataFile]) -> dict[str, Any]:
    """Return the description of the dataset that a manifest describes, with its data ``files``."""
    suffix = files[0].path.rpartition(".")[2]
    licences = sorted(
        {about["licence"] for about in document["statistics"]["sources"].values()} - {None}
    )
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": "conversation-genome",
        "description": (
            "Conversations, redacted, with tags, participant profiles and quality measures; "
            "DATASHEET.md says how they were made and what they may be used for."
        ),
        "version": f"{document['schema_version']}.0.0",
        "url": "https://github.com/conversation-genome/conversation-genome",
        # Where sources differ the licence stands in the rows; an unknown one is not invented.
        **({"license": licences} if licences else {}),
        "distribution": [
            *(_file(file, _ENCODINGS[suffix]) for file in files),
            *(_file_set(table, suffix) for table in document["tables"]),
        ],
        "recordSet": [_record_set(table) for table in document["tables"]],
    }


def _file(file: DataFile, encoding: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": file.path,
        "name": file.path,
        "contentUrl": file.path,
        "contentSize": f"{file.bytes} B",
        "encodingFormat": encoding,
        "sha256": file.sha256,
    }


def _file_set(table: str, suffix: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": f"{table}-files",
        "name": f"{table}-files",
        "encodingFormat": _ENCODINGS[suffix],
        "includes": f"{table}/*.{suffix}",
    }


def _record_set(table: str) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": table,
        "name": table,
        "field": [_field(table, column) for column in COLUMNS[table]],
    }


def _field(table: str, column: Column) -> dict[str, Any]:
    field: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"{table}/{column.name}",
        "name": column.name,
        "description": column.meaning,
        "source": {"fileSet": {"@id": f"{table}-files"}, "extract": {"column": column.name}},
    }
    if column.type in _LISTS:
        field["repeated"] = True
    if column.type == "records":
        return field | {"subField": list(_sub_fields(table, column))}
    return field | {"dataType": _TYPES[column.type]}


def _sub_fields(table: str, column: Column) -> Iterator[dict[str, Any]]:
    for inner in column.fields:
        yield {
            "@type": "cr:Field",
            "@id": f"{table}/{column.name}/{inner.name}",
            "name": inner.name,
            "description": inner.meaning,
            "dataType": _TYPES[inner.type],
            **({"repeated": True} if inner.type in _LISTS else {}),
            "source": {
                "fileSet": {"@id": f"{table}-files"},
                "extract": {"column": column.name},
                "transform": {"jsonPath": inner.name},
            },
        }
