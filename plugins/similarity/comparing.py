"""Which submissions have more in common than chance and the task explain. Pure functions of fingerprints.

Every figure is in fingerprints, weighted by how rare they are in the cohort: what many share, the task asks for.
"""

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field

ALIKE = 0.5  # of a function's weight, shared, for it to count
LEAST = 20.0  # weight that two files share in such functions, for them to be flagged
SHARE = 0.3  # of the smaller file's weight, as well
_COMMON = 0.25  # weight below which a fingerprint counts nothing: in 200 submissions, what more than 63 have
_SMALL = 3.0  # weight of a function; a smaller one says nothing
_FEW = 10  # submissions from which on rarity can be told; fewer are taken as a sample of that many


@dataclass(frozen=True, kw_only=True)
class Work:
    """What is compared.

    Args:
        name: unique.
        files: rows of ``fingerprints.fingerprints``, by file.
        given: whether it is ours, a reference: compared with submissions only, and nobody's evidence of rarity.
    """

    name: str
    files: dict = field(default_factory=dict)
    given: bool = False

    def blocks(self):
        """Sets of fingerprints by (file, number of the block)."""
        found = defaultdict(set)
        for file, rows in self.files.items():
            for block, fingerprint, *_ in rows:
                found[file, block].add(fingerprint)
        return found


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two works that have something in common.

    Args:
        names: the submission first if the other is a reference; else in alphabetical order.
        files: pairs of files that are alike, the weightiest first.
    """

    names: tuple
    files: tuple

    @property
    def weight(self):
        """Of what they share in these files."""
        return sum(alike.weight for alike in self.files)

    @property
    def share(self):
        """The largest of a file."""
        return max(alike.share for alike in self.files)


@dataclass(frozen=True, kw_only=True)
class Alike:
    """Two files that have something in common.

    Args:
        files: one of each work, in its order.
        weight: of what they share in functions that are alike.
        share: of the smaller file's weight.
    """

    files: tuple
    weight: float
    share: float


def weight(sharing, submissions):
    """How much a fingerprint says: 1 if two submissions share it, 0 if many do, by the logarithm in between.

    It is the inverse document frequency, as in retrieval (Spärck Jones 1972), scaled to that range.

    Args:
        sharing: submissions that have it.
        submissions: in the cohort.
    """
    among = max(submissions, _FEW)
    told = min(1.0, math.log(among / max(1, sharing)) / math.log(among / 2))
    return told if told >= _COMMON else 0.0


def compare(works, least=LEAST, share=SHARE):
    """The pairs that are to be flagged, the weightiest first.

    Args:
        works: submissions and references.
        least: weight.
        share: of a file.
    """
    blocks = [(work, key, prints) for work in works for key, prints in work.blocks().items()]
    sharing = Counter()
    for work in works:
        if not work.given:
            sharing.update({one for rows in work.files.values() for _, one, *_ in rows})
    count = sum(not work.given for work in works)
    weights = {one: weight(times, count) for one, times in sharing.items()}
    totals = [sum(weights.get(one, 1.0) for one in prints) for *_, prints in blocks]
    where = defaultdict(list)
    for number, (*_, prints) in enumerate(blocks):
        for one in prints:
            if weights.get(one, 0.0) > 0:  # else it is in every submission, or in none
                where[one].append(number)
    common = Counter()
    for one, numbers in where.items():
        for place, first in enumerate(numbers):
            for second in numbers[place + 1 :]:
                common[first, second] += weights[one]
    return _pairs(blocks, totals, common, least, share)


def _pairs(blocks, totals, common, least, share):
    whole = Counter()  # weight of each file
    for (work, (file, _), _), total in zip(blocks, totals, strict=True):
        whole[work.name, file] += total
    found = []
    for names, partners in _partners(blocks, totals, common).items():
        weights = Counter()
        for other, (shared, mine) in partners.items():
            weights[blocks[mine][1][0], blocks[other][1][0]] += shared
        alike = []
        for files, shared in weights.most_common():
            smaller = min(map(whole.get, zip(names, files, strict=True)))
            alike.append(Alike(files=files, weight=shared, share=min(1.0, shared / smaller)))
        if kept := tuple(one for one in alike if one.weight >= least and one.share >= share):
            found.append(Pair(names=names, files=kept))
    return sorted(found, key=lambda pair: (-pair.weight, pair.names))


def _partners(blocks, totals, common):
    """By pair of works: the shared weight and the partner of each block of the second; no block counts twice."""
    chosen = defaultdict(dict)  # the best partner of each block of the first
    for (first, second), shared in common.items():
        a, b = blocks[first][0], blocks[second][0]
        if a is b or (a.given and b.given):
            continue
        names, mine, other = (a.name, b.name), first, second
        if (b.given, b.name) < (a.given, a.name):
            names, mine, other = (b.name, a.name), second, first
        smaller = min(totals[first], totals[second])
        if smaller >= _SMALL and shared >= ALIKE * smaller and shared > chosen[names].get(mine, (0.0, 0))[0]:
            chosen[names][mine] = (shared, other)
    found = defaultdict(dict)
    for names, partners in chosen.items():
        for mine, (shared, other) in partners.items():
            if shared > found[names].get(other, (0.0, 0))[0]:
                found[names][other] = (shared, mine)
    return found


def regions(first, second):
    """Which lines of two files belong together: every fingerprint that both have, in runs.

    Args:
        first: rows of all fingerprints of a file (``window=1``).
        second: the other's.

    Returns:
        ``(first line, last line, first line in the other, last line in the other)`` of each, in order.
    """
    places = defaultdict(list)
    for place, (block, fingerprint, *_) in enumerate(second):
        places[fingerprint].append((place, block))
    runs = []
    open_runs = {}  # the next (place, block, block) that would go on with a run
    for block, fingerprint, start, end in first:
        going_on = {}
        for place, other in places.get(fingerprint, ()):
            run = open_runs.get((place, block, other))
            _, _, other_start, other_end = second[place]
            if run is None:
                run = [start, end, other_start, other_end, 0]
                runs.append(run)
            run[0], run[1] = min(run[0], start), max(run[1], end)
            run[2], run[3] = min(run[2], other_start), max(run[3], other_end)
            run[4] += 1
            going_on[place + 1, block, other] = run
        open_runs = going_on
    return _without_overlaps(runs)


def _without_overlaps(runs):
    """The longest runs first; one whose lines are mostly taken on either side is left out."""
    kept = []
    left, right = set(), set()
    for start, end, other_start, other_end, _ in sorted(runs, key=lambda run: -run[4]):
        here, there = set(range(start, end + 1)), set(range(other_start, other_end + 1))
        if len(here & left) > len(here) / 2 or len(there & right) > len(there) / 2:
            continue
        left |= here
        right |= there
        kept.append((start, end, other_start, other_end))
    return sorted(kept)
