"""The red team: every known way to be paid without the work, tried on the validator's real scoring.

Strategies (``honest``, ``not_reading``, ``cheap_reading``, ``vectors``, ``profiles``,
``history``, ``collusion``) play windows of real conversations (``scenes``, ``playing``) in small
simulated subnets (``simulation``); ``report`` compares their pay with their bounds.
"""
