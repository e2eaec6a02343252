"""The tests, and programs: `python -m tests.local`, `tests.live`, `tests.bench`, `tests.soak`."""

import sys

# Before anything else is imported, and in words that older versions can read.
if sys.version_info[:2] not in ((3, 11), (3, 12), (3, 13)):
    sys.exit("Python 3.11, 3.12 or 3.13 is needed; this is Python {}.{}.".format(*sys.version_info[:2]))
