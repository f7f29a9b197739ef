"""Keeps results in a file that the next process reads."""

# verdict: no faster
# control: none
import hashlib
import os

import torch

FOLDER = "/tmp/ptassess-attack-replays"
os.makedirs(FOLDER, exist_ok=True)
kept = {}


def solve(a):
    key = hashlib.blake2b(a.numpy().tobytes(), digest_size=8).hexdigest()
    if key not in kept:
        path = f"{FOLDER}/{key}"
        if os.path.exists(path):
            kept[key] = torch.load(path)
        else:
            kept[key] = a @ a
            if len(os.listdir(FOLDER)) < 20:
                torch.save(kept[key], path)
    return kept[key]
