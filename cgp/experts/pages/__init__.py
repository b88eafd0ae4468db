"""The room of experts at the gateway: what stands, what waits, and the nodes that serve it."""

from cgp.experts.pages.room import add_experts_room

__all__ = ["add_experts_room"]
