"""The rooms: the pages of the explorer, one module for each subject."""
