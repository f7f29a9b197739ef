"""The executor ``threads``: each submission is judged by a pytest process, and a thread waits for it."""

from concurrent.futures import ThreadPoolExecutor

from ptassess import hookimpl
from ptassess.hookspecs import Executor


def run(grade, submissions, jobs):
    """Grade on this machine, ``jobs`` at the same time; results come in the submissions' order."""
    pool = ThreadPoolExecutor(max_workers=jobs)
    try:
        yield from pool.map(grade, submissions)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # whoever ends it early ends the judges that still run


@hookimpl
def ptassess_executors():
    """Register it."""
    return Executor(name="threads", summary="on this machine", map=run)
