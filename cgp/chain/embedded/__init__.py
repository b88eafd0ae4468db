"""A chain for one machine: the SDK's ``Substrate`` protocol on one SQLite file that processes
share.

The SDK above it is the one that talks to real networks; only the node is replaced. It is a test
double and a demonstration, not an adversarial ledger: anyone with write access to the file can
change the chain.
"""
