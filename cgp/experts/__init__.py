"""Experts: an additive mixture of small networks over the tag model's features, and its ledger.

Anybody submits a version of one expert; judges measure it on windows that its author has not seen.
An expert with a gain is used the next minute, and is paid for that gain. The ledger is a signed DAG
of blocks in an OCI image layout, without proof of work. It is not a language model, and none is cut
up here. ``docs/experts.md`` is the guide.
"""
