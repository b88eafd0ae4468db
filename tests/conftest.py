"""Settings of the process that runs tests, before any library is loaded."""

import os

# As the commands set it. Beside two test workers on two cores the threads of linear algebra wait
# for each other, which made a test of the annotator take six times its processor time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from hypothesis import settings

# Times of an example say more of the machine's load than of the code: no example fails for them.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
