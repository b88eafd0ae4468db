"""The chain: who is registered, where they serve, and what weights they get."""
