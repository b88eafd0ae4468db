"""Mycelium: nodes improve the tag model together and show nobody their conversations.

A node trains the head of ``cgp.tagmodel`` on its own conversations and sends the head alone, signed
and bounded (``Update``). Groups of nodes average heads in rounds. ``docs/mycelium.md`` says what
was measured.
"""
