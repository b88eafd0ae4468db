"""The miner: answers windows with tags, profiles and embeddings."""
