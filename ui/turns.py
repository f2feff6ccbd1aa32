"""Visitors who move something at the same moment are served one after the other, not all at once.

They are threads of one interpreter, so at once is no faster: ten moves together would be answered when the last is
done, and each of their messages makes all of them queue for the interpreter anew. In turn, the first waits for nobody.
"""

import threading

one_at_a_time = threading.Lock()
"""Hold it for a short computation and its drawing, never while waiting for a network or a visitor."""
