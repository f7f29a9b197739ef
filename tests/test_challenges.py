"""Every challenge is admitted: the reference passes, mutants are caught, trivial answers earn nothing.

One seed, and of each mutant only the named check; `ptassess check-challenges --seeds 20` asks for more.
"""

import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from ptassess import exam
from ptassess.admission import admit
from ptassess.registry import catalogue
from ptassess.stamping import too_advisory

ROOT = Path(__file__).parents[1]
CATALOGUE = catalogue()
TELLS_WEIGHTS = """
import json
from ptassess.check import CHECK

def pytest_collection_finish(session):
    checks = [item.stash[CHECK] for item in session.items]
    told = [(check.challenge.slug, check.task.name, check.weight, check.advisory) for check in checks]
    print("weights: " + json.dumps(told))
"""


def test_there_is_nothing_wrong_with_the_content():
    assert CATALOGUE.problems == []
    assert "linear_algebra" in CATALOGUE.challenges


@pytest.mark.parametrize("slug", CATALOGUE.challenges)
def test_a_challenge_is_admitted(slug):
    (report,) = admit([CATALOGUE.challenges[slug]], CATALOGUE)
    assert report.problems == []
    assert report.figures["checks"] > 0


@pytest.fixture(scope="module")
def share_of_meters(tmp_path_factory):
    """By competency and task, the share of its weight that rests on meters."""
    folder = tmp_path_factory.mktemp("plugin")
    (folder / "tells_weights.py").write_text(TELLS_WEIGHTS)
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-s", "-p", "tells_weights", "challenges/"]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(folder)}, capture_output=True, text=True, check=True
    )
    (told,) = [line for line in done.stdout.splitlines() if line.startswith("weights: ")]
    weights = defaultdict(lambda: [0.0, 0.0])
    for slug, task, weight, advisory in json.loads(told.removeprefix("weights: ")):
        weights[slug, task][0] += weight
        weights[slug, task][1] += weight * advisory
    return {key: meters / total for key, (total, meters) in weights.items()}


@pytest.mark.parametrize("path", sorted((ROOT / "exams").glob("*.toml")), ids=lambda path: path.stem)
def test_a_ready_exam_can_be_verified(path, share_of_meters):
    points, meters = defaultdict(float), defaultdict(float)
    asked, _ = exam.find(str(path))
    for name, worth in asked.tasks.items():
        slug, task = name.split(".")
        points[slug] += worth
        meters[slug] += worth * share_of_meters[slug, task]
    shares = {slug: 100 * meters[slug] / points[slug] for slug in points}
    assert {slug: round(share, 1) for slug, share in shares.items() if too_advisory(share)} == {}
