"""What stands in the folder of a dataset."""

from cgp.dataset import (
    TABLES,
    read_manifest,
    read_table,
)


def tree(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def rows_by_table(folder):
    manifest = read_manifest(folder)
    return {table: list(read_table(folder, manifest, table)) for table in TABLES}
