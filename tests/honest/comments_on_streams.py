"""Words that a search would find: stream, cache, time, synchronize."""

# pace: same
# No stream is used here; torch.cuda.synchronize() and time.time would be of no use, nor a cache.
import time  # noqa: F401


def solve(a):
    stream = a  # not a stream
    return stream @ a
