"""The open dataset: finished conversations as Parquet or JSON Lines, on the Hub and in Firebase."""

from cgp.dataset.columns import DATASET_VERSION, TABLES
from cgp.dataset.errors import DatasetError, DatasetExtraError
from cgp.dataset.export import export, require_export
from cgp.dataset.manifest import DataFile, Format, Manifest, read_manifest
from cgp.dataset.options import Options
from cgp.dataset.provenance import Provenance, read_provenance
from cgp.dataset.reading import read_table
from cgp.dataset.shards import ShardLimits
from cgp.dataset.splits import SPLITS, split_of, text_hash

__all__ = [
    "DATASET_VERSION",
    "SPLITS",
    "TABLES",
    "DataFile",
    "DatasetError",
    "DatasetExtraError",
    "Format",
    "Manifest",
    "Options",
    "Provenance",
    "ShardLimits",
    "export",
    "read_manifest",
    "read_provenance",
    "read_table",
    "require_export",
    "split_of",
    "text_hash",
]
