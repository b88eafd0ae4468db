"""The explorer: pages over the store and the index, for people.

Pages are made on the server and can be read without JavaScript. They read the store through the
privacy gate and the index, which holds redacted text only. Nothing here writes.
"""
