"""The footprint: an honest int8 model keeps its limits, and what only looks small does not."""

import json
import math
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch

from ptassess.errors import ContentError, NotAttempted, SolutionRaised, SolutionValue
from ptassess.footprints import Batches, event_of, with_times
from ptassess.loading import load_file
from ptassess.measure import footprint, race, stats
from ptassess.sandbox import Limits, artefact, landlock
from ptassess.sandbox.levels import PROCESS

PACK = Path(__file__).parent / "packs" / "small"
FLOAT = (PACK / "baseline.py").read_text()
INT8 = (PACK / "private" / "reference.py").read_text()
LIMITS = Limits(seconds=10, memory_mb=512, weighed=True)
ASKED = footprint.Asked(loses=0.15, size=0.3, memory=0.6, source=20_000)


@pytest.fixture(scope="module")
def wall():
    """The weakest: what the stronger ones deny must count here."""
    wall = PROCESS.open([])
    yield wall
    wall.close()


@pytest.fixture(scope="module")
def trade():
    checks, probes = (load_file(PACK / name, name.removesuffix(".py")) for name in ("test_small.py", "probes.py"))
    weights, x, labels = checks.teacher(torch.Generator().manual_seed(1))
    return footprint.Trade(
        make=probes.make,
        make_args=(weights,),
        artefact="model.bin",
        answer=probes.answer,
        x=x,
        y=labels,
        batch=64,
        score=checks.accuracy,
    )


@pytest.fixture(scope="module")
def weigh(wall, trade, tmp_path_factory):
    """Measure a solution with that source."""
    idle = footprint.idle_mb(wall, LIMITS)

    def run(source, *, trusted=False):
        folder = tmp_path_factory.mktemp("solution")
        (folder / "solution.py").write_text(source)
        (folder / "kept").mkdir()
        entrant = race.Entrant(path=folder / "solution.py", shown_as="solution.py", trusted=trusted)
        return footprint.weigh(wall, entrant, trade, limits=LIMITS, folder=folder / "kept", idle=idle)

    return run


@pytest.fixture(scope="module")
def floating(weigh):
    return weigh(FLOAT, trusted=True).figures


@pytest.fixture
def missed(weigh, floating):
    """The limits that a solution misses."""

    def run(source, asked=ASKED):
        return footprint.missed(asked, weigh(source).figures, floating)

    return run


def test_only_regular_files_of_its_own_are_kept_for_the_next_worker(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    (old / "deep").mkdir(parents=True)
    new.mkdir()
    (tmp_path / "secret").write_text("secret")
    (old / "deep" / "own.txt").write_text("own")
    (old / "link.txt").symlink_to(tmp_path / "secret")
    (old / "way").symlink_to(tmp_path)
    os.link(tmp_path / "secret", old / "hard.txt")
    os.mkfifo(old / "fifo.txt")
    with (old / "huge.bin").open("wb") as file:
        file.truncate(artefact.MOST_BYTES + 1)
    names = ["deep/own.txt", "link.txt", "way/secret", "hard.txt", "fifo.txt", "huge.bin", "../secret", "none", "deep"]
    artefact.keep([*names, str(tmp_path / "secret")], old, new)
    kept = {path.relative_to(new).as_posix(): path.read_text() for path in new.rglob("*") if path.is_file()}
    assert kept == {"deep/own.txt": "own"}


def test_the_float_models_figures_are_what_can_be_worked_out(floating):
    weights = 4 * (12 * 512 * 512 + 10 * 512)
    assert weights <= floating.size <= 1.01 * weights + 16_384  # names and headers of the zip file
    assert weights / 2**20 - 0.5 <= floating.memory <= weights / 2**20 + 4  # activations, the input, torch's own
    assert floating.score == 1
    assert floating.source == len(FLOAT)


def test_an_honest_int8_model_keeps_the_limits(weigh, floating):
    found = weigh(INT8).figures
    assert footprint.missed(ASKED, found, floating) == []
    assert 0.24 < found.size / floating.size < 0.27
    assert found.memory < 0.55 * floating.memory


def with_lines(source, **functions):
    """A source with other functions in place of its own, and what they need on top."""
    return source + "".join(textwrap.dedent(text) for text in functions.values())


def test_floats_that_are_called_quantised_are_too_large(missed):
    (told,) = missed(FLOAT, footprint.Asked(loses=0.15, size=0.3))
    assert told.endswith("1.00 of the float model's, 0.3 at most")


def test_floats_on_a_grid_are_too_large(missed):
    grid = with_lines(
        FLOAT,
        fake="""
        def quantise(weights, artefact):
            torch.save([(w / w.abs().max() * 127).round() for w in weights], artefact)
        """,
    )
    assert "bytes on disk" in missed(grid)[0]


def test_what_becomes_floats_again_when_it_is_loaded_holds_too_much_memory(missed):
    floats = with_lines(
        INT8,
        load="""
        _load = load

        def load(artefact):
            return [(full(w, s), 1.0) for w, s in _load(artefact)]
        """,
    )
    (told,) = missed(floats)
    assert "MiB of memory" in told


def test_a_float_cache_after_the_first_call_holds_too_much_memory(missed):
    cache = with_lines(
        INT8,
        cache="""
        _cache = {}
        _full = full

        def full(w, s):
            if id(w) not in _cache:
                _cache[id(w)] = _full(w, s)
            return _cache[id(w)]
        """,
    )
    (told,) = missed(cache)
    assert "MiB of memory" in told


@pytest.mark.parametrize(
    "where",
    ["open('cache', 'w+b')", "open(os.memfd_create('cache'), 'w+b')", "tempfile.TemporaryFile()"],
    ids=["a file", "memory without a name", "a file without a name"],
)
def test_a_float_cache_in_a_file_counts_as_memory(missed, where):
    cache = with_lines(
        INT8,
        cache=f"""
        import os, tempfile
        _full, _files, _all = full, {{}}, {where}

        def full(w, s):
            if id(w) not in _files:
                _files[id(w)] = _all.seek(0, 2)
                _all.write(_full(w, s).numpy().tobytes())
                _all.flush()
            _all.seek(_files[id(w)])
            return torch.frombuffer(bytearray(_all.read(4 * w.numel())), dtype=torch.float32).view(w.shape)
        """,
    )
    (told,) = missed(cache)
    assert "MiB of memory" in told


def test_a_float_cache_in_a_child_counts_as_memory(missed):
    child = with_lines(
        INT8,
        cache="""
        import os, time
        _done = []
        _load = load

        def load(artefact):
            model = _load(artefact)
            if not os.fork():
                cache = [full(w, s) for w, s in model]
                time.sleep(60)
            time.sleep(0.3)
            return model
        """,
    )
    assert any("MiB of memory" in told for told in missed(child))


def test_a_mapped_float_file_counts_as_memory(missed):
    mapped = with_lines(
        FLOAT,
        mapped="""
        def load(artefact):
            return torch.load(artefact, weights_only=True, mmap=True)
        """,
    )
    assert any("MiB of memory" in told for told in missed(mapped))


HIDDEN = """
import os, tempfile

def quantise(weights, artefact):
    global kept
    kept = weights
    {hide}
    open(artefact, "wb").write(b"small")

def load(artefact):
    {find}
"""


@pytest.mark.parametrize(
    ("hide", "find"),
    [
        ("pass", "return kept"),
        ("torch.save(weights, 'side.bin')", "return torch.load('side.bin', weights_only=True)"),
        (
            "torch.save(weights, tempfile.gettempdir() + '/hidden.bin')",
            "return torch.load(tempfile.gettempdir() + '/hidden.bin', weights_only=True)",
        ),
        (
            "os.environ['WEIGHTS'] = 'here'; torch.save(weights, os.path.expanduser('~/hidden.bin'))",
            "return torch.load(os.path.expanduser('~/hidden.bin'), weights_only=True)",
        ),
    ],
    ids=["a global", "a side file", "TMPDIR", "HOME"],
)
def test_weights_that_were_left_elsewhere_are_not_there(weigh, hide, find):
    with pytest.raises(SolutionRaised, match=r"NameError|FileNotFoundError"):
        weigh(FLOAT + HIDDEN.format(hide=hide, find=find))


@pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock")
@pytest.mark.parametrize("folder", ["/tmp", "/dev/shm", "/var/tmp"])
def test_no_folder_that_all_can_write_to_keeps_weights(weigh, folder):
    path = f"{folder}/ptassess-test-hidden-{os.getpid()}.bin"
    try:
        with pytest.raises(SolutionRaised, match=r"Permission denied|cannot be opened|failed"):
            weigh(FLOAT + HIDDEN.format(hide=f"torch.save(weights, {path!r})", find="pass"))
    finally:
        Path(path).unlink(missing_ok=True)


def test_a_child_that_keeps_the_weights_is_gone(weigh):
    hide = """
    import socket
    server = socket.socket(socket.AF_UNIX)
    server.bind("\\0ptassess-test-weights")
    server.listen()
    if not os.fork():
        os.setsid()
        while True:
            connection, _ = server.accept()
            torch.save(weights, connection.makefile("wb"))
"""
    find = """
    import socket
    client = socket.socket(socket.AF_UNIX)
    client.connect("\\0ptassess-test-weights")
"""
    with pytest.raises(SolutionRaised, match="ConnectionRefusedError"):
        weigh(FLOAT + HIDDEN.format(hide=hide.strip(), find=find.strip()))


def test_weights_in_the_code_count_as_code(missed, trade):
    (weights,) = trade.make_args
    numbers = (weights[-1] * 30).round().to(torch.int8).tolist()
    found = f"return [(torch.tensor({numbers}, dtype=torch.int8), 1.0)]"
    told = missed(INT8 + HIDDEN.format(hide="pass", find=found))
    assert told[-1].endswith("bytes of code, 20,000 at most: numbers belong in the artefact")


def test_a_wrong_model_has_too_low_a_score(missed):
    (told,) = missed(INT8.replace("(w / s).round()", "w.sign()"))
    assert told.startswith("a score of 0.")
    assert "0.85 at least (the float model has 1)" in told


def test_a_score_that_is_no_number_misses_the_limit(floating):
    figures = footprint.Figures(size=1, memory=1, seconds=1, score=float("nan"), source=1)
    assert footprint.missed(ASKED, figures, floating)[0].startswith("a score of nan")


@pytest.mark.parametrize(
    ("answer", "told"),
    [("x[:3]", r"a tensor of shape \(3, 512\)"), ("x.sum()", r"of shape \(\)"), ("None", "a NoneType")],
)
def test_an_answer_has_a_row_for_each_sample(weigh, answer, told):
    with pytest.raises(SolutionValue, match=told):
        weigh(INT8 + f"\ndef forward(model, x):\n    return {answer}\n")


def test_a_float_model_that_does_not_work_is_nobodys_fault_but_ours(weigh):
    with pytest.raises(ContentError, match=r"solution.py: no model.bin was written"):
        weigh("def quantise(weights, artefact):\n    pass\n", trusted=True)


def test_a_float_model_too_small_to_hold_anything_against_is_ours(floating):
    small = footprint.Figures(size=100, memory=2.0, seconds=1, score=1, source=1)
    with pytest.raises(ContentError, match="8 MiB"):
        footprint.missed(ASKED, small, small)


def test_what_answers_lose_while_they_are_timed_is_seen_whatever_the_scores_sign():
    assert not footprint.loses_when_timed(0.90, 0.91)
    assert footprint.loses_when_timed(0.80, 0.91)
    assert not footprint.loses_when_timed(-0.501, -0.5)
    assert footprint.loses_when_timed(-0.6, -0.5)
    assert footprint.loses_when_timed(float("nan"), 0.5)


# -- the artefact


@pytest.fixture
def scratch(tmp_path):
    (tmp_path / "scratch").mkdir()
    return tmp_path / "scratch"


def test_a_file_counts_with_its_size_or_its_blocks_whichever_is_more(scratch, tmp_path):
    (scratch / "m").write_bytes(b"x" * 10_000)
    blocks = (scratch / "m").stat().st_blocks * 512
    assert artefact.collect(scratch, "m", tmp_path / "kept") == max(10_000, blocks)
    assert (tmp_path / "kept").read_bytes() == b"x" * 10_000


def test_a_sparse_file_counts_with_its_size(scratch, tmp_path):
    with (scratch / "m").open("wb") as file:
        file.truncate(1 << 20)
    assert artefact.collect(scratch, "m", tmp_path / "kept") == 1 << 20


def test_a_folder_counts_with_all_that_is_in_it_names_included(scratch, tmp_path):
    (scratch / "m" / "part").mkdir(parents=True)
    (scratch / "m" / "part" / ("n" * 200)).touch()
    assert artefact.collect(scratch, "m", tmp_path / "kept") == 204
    assert (tmp_path / "kept" / "part" / ("n" * 200)).is_file()


def _link(path, big):
    path.symlink_to(big)


def _hard_link(path, big):
    path.hardlink_to(big)


def _folder_with_link(path, big):
    path.mkdir()
    (path / "in").symlink_to(big)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (_link, "m is a symbolic link; write the bytes themselves"),
        (_hard_link, "m is a hard link: its bytes have another name as well; write them once"),
        (_folder_with_link, "m/in is a symbolic link; write the bytes themselves"),
        (lambda path, _: os.mkfifo(path), "m is neither a file nor a folder"),
        (lambda *_: None, "no m was written"),
    ],
)
def test_what_only_points_to_bytes_is_refused_with_one_line(scratch, tmp_path, make, told):
    big = tmp_path / "big"
    big.write_bytes(b"x" * 100_000)
    make(scratch / "m", big)
    with pytest.raises(SolutionValue) as caught:
        artefact.collect(scratch, "m", tmp_path / "kept")
    assert str(caught.value) == told


def test_a_huge_artefact_is_not_copied(scratch, tmp_path):
    with (scratch / "m").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(SolutionValue, match="1024 MiB at most"):
        artefact.collect(scratch, "m", tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def test_a_thousand_files_are_enough(scratch, tmp_path):
    (scratch / "m").mkdir()
    for number in range(artefact.MOST_FILES):
        (scratch / "m" / str(number)).touch()
    with pytest.raises(SolutionValue, match="more than 1000 files"):
        artefact.collect(scratch, "m", tmp_path / "kept")


# -- the fixture


@pytest.fixture
def assess(tmp_path):
    """Run pytest on a pack with that solution; gives the check's result and pytest's output."""

    def run(source):
        solutions = tmp_path / "ada" / "solutions"
        solutions.mkdir(parents=True)
        (solutions / "small.py").write_text(source)
        command = [sys.executable, "-m", "pytest", str(PACK), "--import-mode=importlib", "-p", "no:cacheprovider"]
        command += ["--submission", str(solutions.parent), "--run-file", str(tmp_path / "run.json")]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")} | {"COLUMNS": "120"}
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=180, check=False
        )
        (found,) = json.loads((tmp_path / "run.json").read_text())["checks"]
        return found, done.stdout + done.stderr

    return run


def test_the_fixture_measures_all_four_and_shows_them_together(assess):
    found, out = assess(INT8)
    assert (found["outcome"], found["credit"]) == ("passed", 1.0), out
    evidence = found["evidence"]
    assert 0.24 < evidence["bytes on disk, of the float model's"] < 0.3
    assert 0.2 < evidence["memory, of the float model's"] < 0.6
    assert evidence["score that is lost"] <= 0.15
    low, high = evidence["95 % interval of that"]
    assert low < evidence["seconds a call, of the float model's"] < high
    assert evidence["results looked at"] > 10
    names = {"bytes on disk", "MiB of memory", "seconds a call", "score", "bytes of code"}
    assert names < set(evidence["solution"]) == set(evidence["float"]) == set(evidence["reference"])


def test_a_model_that_is_too_large_fails_in_one_line_above_the_table(assess):
    found, out = assess(FLOAT)
    assert found["outcome"] == "failed", out
    assert "1.00 of the float model's, 0.33 at most" in found["message"]
    head, *lines = found["detail"].splitlines()
    assert re.split(r"  +", head.strip()) == [
        "bytes on disk",
        "MiB of memory",
        "seconds a call",
        "score",
        "bytes of code",
    ]
    assert [line.split()[0] for line in lines] == ["solution", "float", "reference"]


@pytest.fixture
def time_it(wall, weigh, trade):
    """Weigh a solution and the float model, and race them briefly; gives figures, scores and log-ratios."""

    def run(source):
        weights = {"solution": weigh(source), "baseline": weigh(FLOAT, trusted=True)}
        batches = Batches(trade, weights["solution"].outputs)
        entrants = {name: weight.entrant for name, weight in weights.items()}
        times = race.run(wall, entrants, event_of(trade, batches, LIMITS), enough=lambda _: True, seconds=1.0)
        figures = [with_times(weight.figures, name, times) for name, weight in weights.items()]
        return figures, batches.scores(skip=2), times.logs("solution", "baseline")

    return run


def test_a_slow_dequantiser_is_too_slow(time_it):
    slow = with_lines(
        INT8,
        slow="""
        def full(w, s):
            rows = torch.empty(w.shape)
            for i in range(len(w)):
                rows[i] = w[i].float() * s[i]
            return rows
        """,
    )
    (found, floating), (timed, untimed), logs = time_it(slow)
    assert footprint.missed(ASKED, found, floating) == []
    assert not footprint.loses_when_timed(timed, untimed)
    assert found.seconds > 3 * floating.seconds
    assert stats.combine(logs).value < 1 / 3
    assert footprint.verdict([math.log(value) for value in (0.12, 0.14, 0.16)], 3) == "fail"
    assert footprint.verdict([math.log(value) for value in (0.85, 0.9, 0.95)], 3) == "pass"
    told = footprint.latency(stats.Ratio(value=0.2, low=0.1, high=0.25, spread=0, pairs=6), 3)
    assert told == "a call takes 5 times the float model's time (between 4 and 10), 3 at most"


def test_answers_that_are_cheap_when_timed_are_seen(time_it):
    cheap = with_lines(
        INT8,
        cheap="""
        import gc
        _all = forward

        def forward(model, x):
            return _all(model if gc.isenabled() else model[6:], x)
        """,
    )
    (found, floating), (timed, untimed), _ = time_it(cheap)
    assert footprint.missed(ASKED, found, floating) == []
    assert untimed > 0.85
    assert footprint.loses_when_timed(timed, untimed)


def test_a_float_cache_that_is_there_only_when_timed_is_seen(time_it):
    cache = with_lines(
        INT8,
        cache="""
        import gc
        _cache, _full = {}, full

        def full(w, s):
            if gc.isenabled():
                return _full(w, s)
            if id(w) not in _cache:
                _cache[id(w)] = _full(w, s)
            return _cache[id(w)]
        """,
    )
    (found, floating), (timed, untimed), _ = time_it(cache)
    (told,) = footprint.missed(ASKED, found, floating)
    assert "MiB of memory while it was timed" in told
    assert not footprint.loses_when_timed(timed, untimed)


def test_a_task_that_is_not_attempted_is_not_measured(weigh):
    with pytest.raises(NotAttempted):
        weigh("def quantise(weights, artefact):\n    raise NotImplementedError\n")
