"""The fediverse: an actor of one's own (ActivityPub), and a bot on somebody's instance (Mastodon).

Both answer people who write to them and tell of a new best model. The actor also carries nodes'
messages (``ActivityPubTransport``), for operators who share no broker. ``docs/fediverse.md`` is
the operator's page.
"""
