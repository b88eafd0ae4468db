"""Rooms of experts and of talk, in the explorer's shell beside those of the chat's gateway."""

from cgp.experts.pages.room import add_experts_room
from cgp.experts.pages.talk_room import TalkRoom, add_talk_room

__all__ = ["TalkRoom", "add_experts_room", "add_talk_room"]
