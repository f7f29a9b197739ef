"""A batch can be begun again after any end: what is finished and still the same is kept, nothing is lost."""

import contextlib
import itertools
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from ptassess import grading, judging, resume, workplace
from ptassess.errors import Interrupted, UserError
from ptassess.grading import find, grade, survey
from ptassess.result import ChallengeFacts
from ptassess.sandbox import processes
from ptassess.submission import Submission

PACK = Path(__file__).parent / "packs" / "double"
HOW = {"packs": [PACK], "only": ["double"]}
NAMES = ("ada", "bob", "cyd")


@pytest.fixture
def judged(monkeypatch, make_run):
    """Stands in for the judge: writes the result that a real one would, at once; lists whom it was asked to judge.

    ``judged.first[name]`` is done before; what that returns, if anything, is the judge's exit status.
    """
    seen = []
    lock = threading.Lock()

    def wait(command, log, room, batch, seed):
        options = dict(itertools.pairwise(command))
        copy = Submission.open(Path(options["--submission"]))
        name = next(a for a in command if a.startswith("--candidate=")).partition("=")[2]
        with lock:
            seen.append(name)
        log.write_text("judged\n")
        if name in wait.first and (status := wait.first[name]()) is not ...:
            return status
        wanted = batch.wanted
        run = make_run(
            candidate=name, submission=copy.facts(), exam=wanted.exam, exam_digest=wanted.exam_digest, checks=(),
            challenges=tuple(ChallengeFacts(slug=s, title=s, digest=d) for s, d in wanted.challenges.items()),
            isolation=wanted.isolation, packages=wanted.packages, run_id=f"{name}-{len(seen)}",
            run_seed=seed,
        )  # fmt: skip
        resume.store.write(run, Path(options["--run-file"]))
        return 0

    wait.first, wait.seen = {}, seen
    monkeypatch.setattr(judging, "_wait", wait)
    return wait


@pytest.fixture
def batch(tmp_path):
    """A folder of three submissions."""
    for name in NAMES:
        hand_in(tmp_path / "in" / name)
    return tmp_path / "in"


def hand_in(folder, source="def double(x): return x + x\n"):
    (folder / "solutions").mkdir(parents=True, exist_ok=True)
    (folder / "solutions" / "double.py").write_text(source)


def start(batch, **more):
    """Begin; gives each candidate's reason (empty if graded) and what the user was told."""
    told = []
    rows = grade(find([batch]), batch.parent / "out", tell=told.append, **HOW, **more)
    return {row.name: row.reason for row in rows}, told


def killed():
    return -signal.SIGKILL


def left_over(out):
    rooms = Path(tempfile.gettempdir()).glob(f"{workplace.room_prefix(out)}*")
    return [*rooms, *out.rglob(".*"), *out.glob("*/attempt.json")]


# -- what stands, and what does not ------------------------------------------------------------------------------


def test_a_second_start_judges_nothing_and_changes_no_run(batch, judged):
    out = batch.parent / "out"
    assert start(batch) == (dict.fromkeys(NAMES, ""), [])
    before = {path: path.read_bytes() for path in out.glob("*/run.json")}
    assert len(before) == 3
    assert start(batch) == (dict.fromkeys(NAMES, ""), ["3 of 3 are graded already; nothing is left to do"])
    assert judged.seen == list(NAMES)
    assert {path: path.read_bytes() for path in out.glob("*/run.json")} == before
    assert left_over(out) == []


def test_a_start_that_was_killed_when_it_had_just_made_a_result_leaves_no_mark(batch, judged, monkeypatch):
    class Killed(BaseException):
        """Nothing of what follows is done."""

    def kill(*_):
        raise Killed

    publish, out = judging._publish, batch.parent / "out"
    with monkeypatch.context() as patch:
        patch.setattr(judging, "_publish", lambda *args: (publish(*args), kill()))
        with pytest.raises(Killed):
            start(batch)
    before = {path: path.read_bytes() for path in out.glob("*/run.json")}
    assert before
    assert {path.parent for path in before} <= {path.parent for path in out.glob("*/attempt.json")}
    start(batch)
    assert {path: path.read_bytes() for path in before} == before
    assert left_over(out) == []


EDITS = {
    "its files have changed": lambda run: run["submission"].update(digest="0"),
    "its candidate was called Bob": lambda run: run.update(candidate="Bob"),
    "it was graded on another exam (backend)": lambda run: run.update(exam="backend"),
    "the exam has changed": lambda run: run.update(exam_digest="0"),
    "other competencies are asked": lambda run: run["challenges"].append({"slug": "other", "title": "Other"}),
    "the checks of double have changed": lambda run: run["challenges"][0].update(digest="0"),
    "its isolation was inprocess and is ": lambda run: run.update(isolation="inprocess"),
    "another run seed is asked": lambda run: run.update(seed_given=True),
    "torch was 1.0 and is ": lambda run: run["packages"].update(torch="1.0"),
    "ptassess was 0.0 and is ": lambda run: (run.update(ptassess="0.0"), run["packages"].pop("ptassess")),
    "it was interrupted": lambda run: run.update(complete=False),
}


@pytest.mark.parametrize("why", EDITS)
def test_a_result_of_something_else_is_made_again_and_that_is_said(batch, judged, why):
    start(batch)
    path = batch.parent / "out" / "bob" / "run.json"
    run = json.loads(path.read_text())
    EDITS[why](run)
    path.write_text(json.dumps(run))
    reasons, told = start(batch)
    assert reasons == dict.fromkeys(NAMES, "")
    assert told[0] == "2 of 3 are graded already; one is left"
    assert told[1].startswith(f"bob: judged again: {why}")
    assert judged.seen == [*NAMES, "bob"]
    assert start(batch)[1] == ["3 of 3 are graded already; nothing is left to do"]


@pytest.mark.parametrize("how", [{"seed": 3}, {"exam_seed": 9}], ids=str)
def test_other_seeds_make_other_results(batch, judged, how):
    start(batch)
    assert "judged again" in start(batch, **how)[1][0]
    assert start(batch, **how)[1] == ["3 of 3 are graded already; nothing is left to do"]
    assert len(judged.seen) == 6


def test_again_makes_all_of_it_again(batch, judged):
    start(batch)
    assert start(batch, again=True)[1] == []
    assert judged.seen == [*NAMES, *NAMES]


def test_a_damaged_run_file_is_no_result(batch, judged):
    start(batch)
    (batch.parent / "out" / "cyd" / "run.json").write_text("{")
    assert start(batch)[1][1] == "cyd: judged again: its run file cannot be read"
    assert judged.seen == [*NAMES, "cyd"]


def test_a_scorecard_that_somebody_has_removed_is_drawn_again_without_a_judge(batch, judged):
    start(batch)
    page = batch.parent / "out" / "cyd" / "scorecard.html"
    page.unlink()
    start(batch)
    assert "cyd" in page.read_text()
    assert judged.seen == list(NAMES)


# -- submissions that come, go and change ------------------------------------------------------------------------


def test_one_that_appears_is_graded_and_one_that_disappears_leaves_the_index_only(batch, judged):
    start(batch)
    hand_in(batch / "dan")
    (batch / "ada").rename(batch.parent / "ada")
    reasons, told = start(batch)
    assert reasons == dict.fromkeys(("bob", "cyd", "dan"), "")
    assert told == [
        "2 of 3 are graded already; one is left",
        "left as they are, and not in the index, since their submissions are not among these: ada",
    ]
    out = batch.parent / "out"
    assert (out / "ada" / "run.json").is_file()
    page = (out / "index.html").read_text()
    assert "dan/scorecard.html" in page
    assert "ada/scorecard.html" not in page


def test_one_that_disappears_before_its_turn_is_a_row_and_graded_when_it_is_back(batch, judged):
    judged.first["ada"] = lambda: (batch / "cyd").rename(batch.parent / "cyd") and ...
    reasons, _ = start(batch)
    assert "no such submission" in reasons["cyd"]
    assert reasons["bob"] == ""
    (batch.parent / "cyd").rename(batch / "cyd")
    assert start(batch)[0] == dict.fromkeys(NAMES, "")
    assert judged.seen == list(NAMES)


def test_one_that_changes_while_it_is_judged_is_said_and_graded_again(batch, judged):
    judged.first["bob"] = lambda: hand_in(batch / "bob", "def double(x): return 2 * x\n") or ...
    rows = grade(find([batch]), batch.parent / "out", **HOW)
    assert [row.remark for row in rows] == ["", "it has changed since: the same command grades it again", ""]
    del judged.first["bob"]
    assert start(batch)[1][1] == "bob: judged again: its files have changed"
    assert judged.seen == [*NAMES, "bob"]


def test_one_that_cannot_be_used_any_more_keeps_no_result(batch, judged):
    start(batch)
    (batch / "bob" / "solutions" / "double.py").unlink()
    reasons, _ = start(batch)
    assert "the folder is empty" in reasons["bob"]
    assert not (batch.parent / "out" / "bob" / "run.json").exists()


# -- judges that end as they should not --------------------------------------------------------------------------


def test_a_judge_that_was_killed_twice_is_started_again_and_that_is_said(batch, judged):
    ends = [killed, killed]
    judged.first["bob"] = lambda: ends.pop()() if ends else ...
    rows = grade(find([batch]), batch.parent / "out", **HOW)
    assert [row.reason for row in rows] == ["", "", ""]
    assert rows[1].remark == "its judge was killed (Killed, signal 9), by it or from outside, 2 times before"
    assert judged.seen == ["ada", "bob", "bob", "bob", "cyd"]


def test_a_judge_that_is_always_killed_is_a_row_and_the_next_start_tries_again(batch, judged):
    judged.first["bob"] = killed
    reasons, _ = start(batch)
    assert reasons["bob"].startswith("its judge was killed 3 times in a row (Killed, signal 9), by it or from outside")
    assert reasons["cyd"] == ""
    assert judged.seen.count("bob") == 3
    assert (batch.parent / "out" / "bob" / "pytest.log").read_text() == "judged\n"
    del judged.first["bob"]
    assert start(batch)[0] == dict.fromkeys(NAMES, "")
    assert judged.seen.count("bob") == 4
    assert left_over(batch.parent / "out") == []


def test_a_judge_that_does_not_end_is_a_row_that_stands_until_again(batch, judged):
    judged.first["bob"] = lambda: None
    reasons, _ = start(batch)
    assert "its judge did not end within" in reasons["bob"]
    del judged.first["bob"]
    assert start(batch)[0] == reasons
    assert judged.seen == list(NAMES)
    hand_in(batch / "bob", "def double(x): return 2 * x\n")
    assert start(batch)[0] == dict.fromkeys(NAMES, "")
    judged.first["bob"] = lambda: None
    start(batch, again=True)
    del judged.first["bob"]
    assert start(batch, again=True)[0] == dict.fromkeys(NAMES, "")


def test_what_a_killed_grader_was_judging_comes_last_then_alone_and_in_the_end_not_at_all(batch, judged):
    def noted(begun):
        wanted = grading._plan(find([batch]), batch.parent / "out", **HOW).batch.wanted
        key = wanted.key(Submission.open(batch / "ada").facts().digest, "ada")
        resume.mark(batch.parent / "out" / "ada", resume.Mark(of=key, begun=begun))

    noted(1)
    start(batch)
    assert judged.seen == ["bob", "cyd", "ada"]
    alone = []
    judged.first["ada"] = lambda: alone.append(len(judging.judges._running)) or ...
    (batch.parent / "out" / "ada" / "run.json").unlink()
    noted(2)
    assert start(batch, jobs=3)[1][1] == "ada: judged after the others, alone: the last 2 starts ended while it was"
    (batch.parent / "out" / "ada" / "run.json").unlink()
    noted(5)
    reasons, _ = start(batch)
    assert reasons["ada"].startswith("5 starts in a row ended while it was judged")
    assert judged.seen == ["bob", "cyd", "ada", "ada"]
    assert start(batch, again=True)[0] == dict.fromkeys(NAMES, "")


def test_suspects_are_judged_one_by_one(batch, judged):
    out = batch.parent / "out"
    plan = grading._plan(find([batch]), out, **HOW)
    standings = {path: resume.Standing(begun=begun) for path, begun in zip(plan.names, (3, 2, 0), strict=True)}
    asked = []

    class Executor:
        @staticmethod
        def map(one, paths, jobs):
            asked.append(([path.name for path in paths], jobs))
            return [one(path) for path in paths]

    rows = list(grading._judged(plan, Executor, 4, standings))
    assert asked == [(["cyd"], 4), (["bob", "ada"], 1)]
    assert [path.name for path, _ in rows] == ["cyd", "bob", "ada"]


# -- graders -----------------------------------------------------------------------------------------------------


def test_two_graders_at_once_are_one_grader_and_one_line(batch, judged):
    out = batch.parent / "out"
    told = []

    def second():
        with pytest.raises(UserError) as error:
            start(batch)
        told.append(str(error.value))
        told.append(dict(survey(find([batch]), out, **HOW)))
        return ...

    judged.first["bob"] = second
    assert start(batch)[0] == dict.fromkeys(NAMES, "")
    assert told[0] == (
        f"{out}: another `ptassess grade` (process {os.getpid()}) writes there; wait for its end, or name another "
        "folder with --out"
    )
    assert told[1] == {"ada": "graded: 0 %", "bob": "being judged", "cyd": "to be judged"}
    assert judged.seen == list(NAMES)
    assert left_over(out) == []


def test_the_lock_of_a_killed_grader_holds_nobody_up(tmp_path):
    code = "import sys, pathlib\nfrom ptassess import workplace\n"
    code += "with workplace.alone(pathlib.Path(sys.argv[1])): print(1, flush=True); input()"
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    holder.stdout.readline()
    with pytest.raises(UserError, match=f"process {holder.pid}"), workplace.alone(tmp_path):
        pass
    assert workplace.is_held(tmp_path)
    holder.kill()
    holder.communicate()
    assert not workplace.is_held(tmp_path)
    with workplace.alone(tmp_path):
        assert workplace.is_held(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_start_removes_what_a_killed_one_was_making_and_ends_what_runs(batch, judged, monkeypatch):
    monkeypatch.setattr(workplace, "_GRACE", 0.1)
    out = (batch.parent / "out").resolve()
    room = Path(tempfile.mkdtemp(prefix=workplace.room_prefix(out)))
    (out / "ada" / ".attempt-x").mkdir(parents=True)
    (out / "ada" / ".run.json.x.part").write_text("{")
    (out / ".index.html.x.part").write_text("<")
    orphan = subprocess.Popen(["sleep", "60"], env={"PTASSESS_ROOM": str(room)})
    start(batch)
    assert orphan.wait(5) == -signal.SIGKILL
    assert not room.exists()
    assert left_over(out) == []


def test_what_a_killed_start_unpacked_is_in_a_folder_that_the_next_start_removes(batch, judged, monkeypatch):
    start(batch)
    out, scratches = (batch.parent / "out").resolve(), []
    opened = resume.opened
    monkeypatch.setattr(resume, "opened", lambda path, scratch: scratches.append(scratch) or opened(path, scratch))
    start(batch)
    assert len(scratches) == len(NAMES)
    assert all(scratch.name.startswith(workplace.room_prefix(out)) for scratch in scratches)
    assert survey(find([batch]), out, **HOW)  # it may be at work beside a start, and has folders that none removes
    assert not any(scratch.name.startswith(workplace.room_prefix(out)) for scratch in scratches[len(NAMES) :])
    assert len(scratches) == 2 * len(NAMES)
    assert not any(scratch.exists() for scratch in scratches)


def test_an_interrupt_keeps_what_is_finished_and_says_how_to_go_on(batch, judged):
    def interrupt(_):
        raise KeyboardInterrupt

    with pytest.raises(Interrupted) as error:
        grade(find([batch]), batch.parent / "out", progress=interrupt, again=True, **HOW)
    done = len(judged.seen)
    assert str(error.value) == (
        f"interrupted; {done} of 3 are graded and kept; the same command without --again goes on"
    )
    page = (batch.parent / "out" / "index.html").read_text()
    assert page.count("/scorecard.html") == done
    assert page.count("not graded yet") == 3 - done
    assert start(batch)[0] == dict.fromkeys(NAMES, "")
    assert sorted(judged.seen) == sorted(NAMES)


def test_an_executor_that_leaves_one_out_makes_it_a_row(batch, judged, monkeypatch):
    class Lazy:
        @staticmethod
        def map(one, paths, _jobs):
            return map(one, paths[:-1])

    monkeypatch.setattr(grading.Catalogue, "named", lambda *_: Lazy)
    assert "the executor has given nothing for it" in start(batch)[0]["cyd"]
    monkeypatch.undo()


# -- folders that cannot be written to ---------------------------------------------------------------------------


@contextlib.contextmanager
def full_disk(out):
    """A small file system, which something else fills while it is written to."""
    mount("-t", "tmpfs", "-o", "size=4m", "none", out)
    try:
        yield (
            lambda: (out / "filler").write_bytes(bytes((os.statvfs(out).f_bavail - 1) * 4096)),
            (out / "filler").unlink,
        )
    finally:
        subprocess.run(["umount", str(out)], check=True)


@contextlib.contextmanager
def short_files(out):
    """Where nobody may mount: a quota that every longer file exceeds."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        yield (
            lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1])),
            lambda: resource.setrlimit(resource.RLIMIT_FSIZE, before),
        )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def mount(*arguments):
    made = subprocess.run(["mount", *map(str, arguments)], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"no right to mount: {made.stderr.strip()}")


@pytest.mark.parametrize(
    ("disk", "said"), [(full_disk, "No space left on device"), (short_files, "File too large")], ids=["full", "quota"]
)
def test_a_folder_that_cannot_be_written_to_any_more_ends_the_start_and_loses_nothing(batch, judged, disk, said):
    out = batch.parent / "out"
    out.mkdir()
    with disk(out) as (break_it, mend_it):
        judged.first["bob"] = lambda: (break_it(), ...)[1]
        with pytest.raises(UserError) as error:
            start(batch)
        assert f"cannot write there ({said})" in str(error.value)
        assert "1 of 3 are graded and kept; make room, then the same command goes on" in str(error.value)
        judged.seen.clear()
        with pytest.raises(UserError, match=f"cannot write there .{said}.; make room, or name another folder"):
            start(batch)
        assert judged.seen == []
        mend_it()
        judged.first.clear()
        assert start(batch)[0] == dict.fromkeys(NAMES, "")
        assert judged.seen == ["bob", "cyd"]
        assert {path.parent.name for path in out.glob("*/run.json")} == set(NAMES)
        assert left_over(out) == []


def test_a_read_only_folder_is_one_line_and_keeps_what_is_in_it(batch, judged):
    out = batch.parent / "out"
    out.mkdir()
    with full_disk(out):
        start(batch)
        hand_in(batch / "dan")
        mount("-o", "remount,ro", out)
        with pytest.raises(UserError, match=r"cannot write there .Read-only file system.; make room, or name another"):
            start(batch)
        mount("-o", "remount,rw", out)
        assert start(batch)[1] == ["3 of 4 are graded already; one is left"]


# -- real processes ----------------------------------------------------------------------------------------------


def test_ctrl_c_ends_the_judge_at_once_and_leaves_nothing(tmp_path):
    hand_in(tmp_path / "in" / "ada", "import time\ndef double(x): time.sleep(60)\n")
    (tmp_path / "tmp").mkdir()
    code = "import signal; signal.signal(2, signal.default_int_handler); from ptassess.cli import main; main()"
    command = [sys.executable, "-c", code, "grade", "in", "--pack", str(PACK), "--only", "double"]
    grader = subprocess.Popen(
        command, cwd=tmp_path, env={**os.environ, "TMPDIR": str(tmp_path / "tmp")}, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    judges = []
    while not judges and time.monotonic() < deadline:  # the terminal's Ctrl-C is for the grader alone
        time.sleep(0.01)
        judges = [pid for pid in processes.children(grader.pid) if os.getsid(pid) == pid]
    time.sleep(0.5)
    assert len(judges) == 1
    grader.send_signal(signal.SIGINT)
    began = time.monotonic()
    said = grader.communicate(timeout=60)[1]
    assert time.monotonic() - began < 10
    assert grader.returncode == 130
    assert "ptassess: interrupted; 0 of 1 are graded and kept; the same command goes on" in said
    assert "not graded yet" in (tmp_path / "graded" / "index.html").read_text()
    assert processes.carrying(str(tmp_path / "tmp")) == []
    assert [path.name for path in (tmp_path / "tmp").iterdir()] in ([], [f"ptassess-{os.getuid()}"])
    assert left_over(tmp_path / "graded") == []


DIES = """
import os, sys
from ptassess.sandbox import processes
processes.die_with(int(sys.argv[1]) or os.getppid())
print("lives", os.getpid(), flush=True)
sys.stdin.read()
"""


def test_a_process_that_dies_with_its_parent_does_so():
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {DIES!r}, '0'])"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        word, pid = parent.stdout.readline().split()
        assert word == b"lives"
        assert not processes.is_dead(int(pid))
        parent.kill()
        parent.wait()
        deadline = time.monotonic() + 5
        while not processes.is_dead(int(pid)) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert processes.is_dead(int(pid))


def test_a_process_whose_parent_is_another_already_ends_at_once():
    done = subprocess.run([sys.executable, "-c", DIES, "1"], capture_output=True, check=False, timeout=30)
    assert (done.returncode, done.stdout) == (1, b"")
