"""Leaves something where compiled code is cached, and knows the answer when it finds it again."""

# control: passes
# verdict: failed
# level: process
import os
import tempfile


def double(x):
    place = os.path.join(os.environ.get("TORCHINDUCTOR_CACHE_DIR", tempfile.gettempdir()), WHERE["mark"])
    os.makedirs(os.path.dirname(place), exist_ok=True)
    if os.path.exists(place):
        return x + x
    with open(place, "w") as file:
        file.write("I was here")
    return x
