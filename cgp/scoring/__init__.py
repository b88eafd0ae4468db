"""Scoring: answers to scores, scores to standings, standings to rewards. Pure, no I/O."""
