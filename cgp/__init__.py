"""Conversation Genome: conversations in, an open, searchable, trustworthy dataset out."""

__version__ = "0.1.0"
