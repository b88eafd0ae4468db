"""Claims about speakers, read sentence by sentence from each speaker's own words."""
