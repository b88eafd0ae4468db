"""The rooms: the pages of the explorer, by what they are about."""
