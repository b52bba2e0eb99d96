"""A watch on processor time, which tells what is refused soon from what would run on for minutes."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

# Counted work ends within half a second on a quick machine; a loaded one needs several times that. Without limits, the
# texts that are tested under this watch run for minutes, or for ever.
SOON = 15.0


@contextmanager
def soon() -> Iterator[None]:
    """Fail if what is done inside takes more than a few seconds of this process."""
    start = time.process_time()
    yield
    taken = time.process_time() - start
    assert taken < SOON, f"took {taken:.1f} s"
