"""Indexing of a corpus: annotated in batches, by one process or by many, and made searchable."""
