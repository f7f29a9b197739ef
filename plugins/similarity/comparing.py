"""Which submissions have more in common than chance and the task explain. Pure functions of fingerprints.

Every figure is in fingerprints, weighted by how rare they are in the cohort: what many share, the task asks for.
"""

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import combinations, product

ALIKE = 0.5  # of a function's weight, shared, for it to count
LEAST = 20.0  # weight that two files share in such functions, for them to be flagged
SHARE = 0.3  # of the smaller file's weight, as well
_COMMON = 0.25  # weight below which a fingerprint counts nothing: in 200 submissions, what more than 63 have
_SMALL = 3.0  # weight of a function; a smaller one says nothing
MOST_BLOCKS = 2_000  # functions of a submission that are compared, the largest first; of our own answers 32
MOST_ALIKE = 50  # functions of a submission, or places in a file, that one fingerprint leads to; in ours 4
STEPS = 500_000  # that `regions` may take for a pair of works, half a second; a file of ours takes 3,000 at most
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

    def too_many(self):
        """How many functions are not compared, because the work has more than are."""
        return max(0, len(_chosen(self.blocks())) - MOST_BLOCKS)


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
    return _pairs(blocks, totals, _common(works, blocks, weights), least, share)


def _chosen(blocks):
    """Keys of the blocks that say something, the largest first; of equal ones in a file, the first."""
    seen = {}
    for key, prints in sorted(blocks.items(), key=lambda item: -len(item[1])):
        if len(prints) >= _SMALL:
            seen.setdefault((key[0], frozenset(prints)), key)
    return list(seen.values())


def _where(works, numbers, weights):
    """Numbers of the blocks that are compared, by fingerprint and place of the work."""
    holders = Counter(one for work in works for one in {row[1] for rows in work.files.values() for row in rows})
    telling = {
        one for one, times in holders.items() if times > 1 and weights.get(one, 0.0) > 0
    }  # else all have it, or one
    where = defaultdict(lambda: defaultdict(list))
    for place, work in enumerate(works):
        kept, chosen = Counter(), []
        for key in _chosen(found := work.blocks())[:MOST_BLOCKS]:
            ones = [one for one in found[key] if one in telling and kept[one] < MOST_ALIKE]
            kept.update(ones)
            chosen.append((numbers[work.name, *key], ones))
        for number, ones in sorted(chosen):
            for one in ones:
                where[one][place].append(number)
    return where


def _common(works, blocks, weights):
    """For each pair of works, the weight that pairs of their blocks share, by the numbers of the blocks.

    One pair of works at a time, and each fingerprint in ``MOST_ALIKE`` blocks of a work at most: what a submission
    repeats without end must not be compared with itself, and takes neither quadratic time nor memory.
    """
    where = _where(works, {(work.name, *key): number for number, (work, key, _) in enumerate(blocks)}, weights)
    shared = defaultdict(list)
    for one, places in where.items():
        for a, b in combinations(places, 2):
            if not (works[a].given and works[b].given):
                shared[a, b].append(one)
    for (a, b), ones in shared.items():
        common = Counter()
        for one in ones:
            for pair in product(where[one][a], where[one][b]):
                common[pair] += weights[one]
        yield common


def _pairs(blocks, totals, common, least, share):
    whole = Counter()  # weight of each file
    for (work, (file, _), _), total in zip(blocks, totals, strict=True):
        whole[work.name, file] += total
    found = []
    for names, partners in (_partners(blocks, totals, one) for one in common):
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
    """Of a pair of works: its names; shared weight and partner of each block of the second; no block counts twice."""
    chosen = {}  # the best partner of each block of the first
    names = None
    for (first, second), shared in common.items():
        a, b = blocks[first][0], blocks[second][0]
        names, mine, other = (a.name, b.name), first, second
        if (b.given, b.name) < (a.given, a.name):
            names, mine, other = (b.name, a.name), second, first
        smaller = min(totals[first], totals[second])
        if smaller >= _SMALL and shared >= ALIKE * smaller and shared > chosen.get(mine, (0.0, 0))[0]:
            chosen[mine] = (shared, other)
    found = {}
    for mine, (shared, other) in chosen.items():
        if shared > found.get(other, (0.0, 0))[0]:
            found[other] = (shared, mine)
    return names, found


def regions(first, second, steps=STEPS):
    """Which lines of two files belong together: every fingerprint that both have, in runs.

    A fingerprint that either has in more than ``MOST_ALIKE`` places tells nothing and is passed over.

    Args:
        first: rows of all fingerprints of a file (``window=1``).
        second: the other's.
        steps: after which it stops with what it has.

    Returns:
        ``(first line, last line, first line in the other, last line in the other)`` of each, in order; and the steps
        that are left, 0 if it had to stop.
    """
    steps = max(0, steps - len(first) - len(second))
    places = defaultdict(list)
    for place, (block, fingerprint, *_) in enumerate(second):
        places[fingerprint].append((place, block))
    times = Counter(row[1] for row in first)
    often = {one for one in places if max(times[one], len(places[one])) > MOST_ALIKE}
    runs = []
    open_runs = {}  # the next (place, block, block) that would go on with a run
    for block, fingerprint, start, end in first:
        going_on = {}
        alike = places.get(fingerprint, ()) if fingerprint not in often else ()
        if steps < len(alike):
            steps = 0
            break
        steps -= len(alike)
        for place, other in alike:
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
    return _without_overlaps(runs, steps)


def _without_overlaps(runs, steps):
    """The longest runs first; one whose lines are mostly taken on either side is left out. And the steps left."""
    kept = []
    left, right = set(), set()
    for start, end, other_start, other_end, _ in sorted(runs, key=lambda run: -run[4]):
        here, there = range(start, end + 1), range(other_start, other_end + 1)
        if steps < len(here) + len(there):
            return sorted(kept), 0
        steps -= len(here) + len(there)
        taken, taken_there = (sum(map(known.__contains__, side)) for known, side in ((left, here), (right, there)))
        if taken > len(here) / 2 or taken_there > len(there) / 2:
            continue
        left.update(here)
        right.update(there)
        kept.append((start, end, other_start, other_end))
    return sorted(kept), steps
