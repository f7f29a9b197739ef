"""Keeps weak references to its inputs."""

# pace: any
import weakref

seen = []


def solve(a):
    seen[:] = [weakref.ref(a)]
    return a @ a
