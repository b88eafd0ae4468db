"""Search over tags, windows and conversations: what is indexed, and how it is found."""
