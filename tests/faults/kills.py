"""Kill graders, judges, launchers, supervisors and workers at random moments, and compare with an undisturbed batch.

    python tests/faults/kills.py --kills 200 --json kills.json

Each batch is a dozen small submissions, among them wrong ones, one that kills its own worker, one that never returns,
an archive and one that cannot be used. Every victim gets a SIGKILL; the kinds take turns, in a random order each time.
The command is started again until it has ended by itself with nothing left to do. Then verdicts, credits, messages and
evidence have to be those of the batch that nobody disturbed, no result that was finished may have been made again, and
no process and no file may be left.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from pathlib import Path

from ptassess import store
from ptassess.repeating import NOTE
from ptassess.sandbox import processes

ROOT = Path(__file__).parents[2]
PACK = ROOT / "tests" / "packs" / "double"
SEED = 20_261_126
# With namespaces a launcher waits for its supervisor, which is the first process of one; without, they are one process.
KINDS = ("grader", "judge", "launcher", "supervisor", "worker")

RIGHT = "def double(x): return x + x\ndef triple(x): return 3 * x\n"
SOURCES = {
    "right": RIGHT,
    "wrong": "def double(x): return x\ndef triple(x): return 2 * x\n",
    "kills_itself": f"import os, signal\n{RIGHT}def triple(x): os.kill(os.getpid(), signal.SIGKILL)\n",
    "slow": f"import time\n{RIGHT}def double(x):\n    time.sleep(0.3)\n    return 2 * x\n",
    "raises": "def double(x): return x + x\ndef triple(x): raise ValueError('no')\n",
    "half": "def double(x): return x + x\n",
    "leaves": f"import os\n{RIGHT}def triple(x): os._exit(3)\n",
    "never_returns": f"{RIGHT}def triple(x):\n    while True: pass\n",
    "prints": f"{RIGHT}def double(x):\n    print('twice', 2 * x[0])\n    return 2 * x\n",
    "no_python": "def double(x) return x\n",
}


def make_submissions(folder, count=12):
    """A folder with the first of the dozen."""
    for name, source in list(SOURCES.items())[:count]:
        (folder / name / "solutions").mkdir(parents=True)
        (folder / name / "solutions" / "double.py").write_text(source)
    if count < 12:
        return folder
    with zipfile.ZipFile(folder / "packed.zip", "w") as packed:
        packed.writestr("solutions/double.py", RIGHT)
    (folder / "empty").mkdir()
    return folder


def found_in(out, rows):
    """What a reader would compare: everything but times and ids."""
    found = {}
    for row in rows:
        name = row["candidate"]
        if row["reason"]:
            found[name] = row["reason"].replace(str(out), "OUT")
            continue
        run = store.read(out / name / "run.json")
        found[name] = [
            (c.challenge, c.check, c.outcome, c.cause, c.credit, c.message, c.detail, c.output,
             {key: value for key, value in c.evidence.items() if key != NOTE})
            for c in run.checks
        ]  # fmt: skip
    return found


class Command:
    """One start of `ptassess grade`."""

    def __init__(self, submissions, out, temporary, jobs):
        command = [sys.executable, "-c", "from ptassess.cli import main; main()", "grade", str(submissions)]
        command += ["--out", str(out), "--pack", str(PACK), "--only", "double", "--seed", str(SEED), "--json"]
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  for as long as the process
        self.process = subprocess.Popen(
            [*command, "-j", str(jobs)], cwd=ROOT, stdout=self._said, env={**os.environ, "TMPDIR": str(temporary)}
        )

    def rows(self):
        """What it has printed, once it has ended; None if it was killed."""
        with self._said as said:
            if self.process.wait(600) < 0:
                return None
            said.seek(0)
            return json.load(said)

    def victims(self, kind):
        """The living processes of a kind."""
        if kind == "grader":
            return [self.process.pid]
        judges = [pid for pid in processes.children(self.process.pid) if b"pytest" in command_line(pid)]
        launchers = [pid for judge in judges for pid in processes.children(judge) if b"zygote" in command_line(pid)]
        supervisors = [pid for launcher in launchers for pid in first_in_namespace(launcher)] or launchers
        workers = [pid for supervisor in supervisors for pid in processes.children(supervisor)]
        return {"judge": judges, "launcher": launchers, "supervisor": supervisors, "worker": workers}[kind]

    def kill_one(self, kind, rng, patience=20.0):
        """Kill one of a kind as soon as there is one; tells whether it came to that. Workers live for some 50 ms."""
        deadline = time.monotonic() + patience
        while self.process.poll() is None and time.monotonic() < deadline:
            for pid in rng.sample(alive := self.victims(kind), len(alive)):
                with contextlib.suppress(ProcessLookupError):
                    descriptor = os.pidfd_open(pid)
                    try:
                        time.sleep(rng.uniform(0, 0.02))
                        if not processes.is_dead(pid):
                            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
                            return True
                    finally:
                        os.close(descriptor)
            time.sleep(0.002)
        return False


def command_line(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def first_in_namespace(launcher):
    """Its child that lives in a process namespace of its own, if there is one."""
    return [pid for pid in processes.children(launcher) if numbers(pid) > numbers(launcher)]


def numbers(pid):
    """How many process namespaces see a process; 0 if it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return len(status.partition("NSpid:")[2].partition("\n")[0].split())


def finished(out):
    """The ids of the runs that are finished, by folder."""
    return {path.parent.name: store.read(path).run_id for path in out.glob("*/run.json")}


def disturbed(submissions, out, temporary, rng, due, *, kills, jobs, pause):  # noqa: PLR0913
    """One batch with so many kills, of the kinds that are due, one after the other.

    Returns:
        Its rows, the kills by kind, the starts, and how many results were remade.
    """
    killed, starts, remade, known = Counter(), 0, 0, {}
    while True:
        command, starts = Command(submissions, out, temporary, jobs), starts + 1
        while killed.total() < kills and command.process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                command.process.wait(rng.uniform(*pause))
            due += [] if due else rng.sample(KINDS, len(KINDS))
            if command.kill_one(due[-1], rng):
                killed[due.pop()] += 1
        rows = command.rows()
        now = finished(out)
        remade += sum(now.get(name) != run_id for name, run_id in known.items())
        known = now
        if rows is not None and not any("its judge was killed" in (row["reason"] or "") for row in rows):
            return rows, killed, starts, remade
        if starts > kills + 5:
            raise AssertionError(f"{starts} starts did not end with results: {rows}")


def left_behind(out, temporary):
    """Processes and files that are still there."""
    deadline = time.monotonic() + 5
    while (left := processes.carrying(str(temporary))) and time.monotonic() < deadline:
        time.sleep(0.05)
    files = [path.name for path in temporary.iterdir() if path.name != f"ptassess-{os.getuid()}"]  # that is a lock's
    files += [str(path.relative_to(out)) for path in out.rglob(".*")] + [p.name for p in out.glob("*/attempt.json")]
    return [command_line(pid).decode(errors="replace") for pid in left], files


def measure(  # noqa: PLR0913
    folder, *, kills, submissions=12, per_batch=10, jobs=2, pause=(0.1, 3.0), seed=1, say=print
):
    """Batches until there were so many kills.

    Returns:
        The figures, ready for JSON.
    """
    rng, due = random.Random(seed), []
    handed_in = make_submissions(folder / "in", submissions)
    temporary = folder / "tmp"
    temporary.mkdir()
    began = time.monotonic()
    quiet = folder / "undisturbed"
    expected = found_in(quiet, Command(handed_in, quiet, temporary, jobs).rows())
    seconds = time.monotonic() - began
    figures = {"kills": 0, "by kind": Counter(), "batches": 0, "starts": 0, "results": 0, "differing": [],
               "judged twice": 0, "processes left": [], "files left": [],
               "seconds undisturbed": round(seconds, 1), "seconds disturbed": 0.0}  # fmt: skip
    while figures["kills"] < kills:
        out = folder / f"batch-{figures['batches']}"
        left = kills - figures["kills"]
        began = time.monotonic()
        rows, killed, starts, remade = disturbed(
            handed_in, out, temporary, rng, due, kills=min(per_batch, left), jobs=jobs, pause=pause
        )
        found = found_in(out, rows)
        running, files = left_behind(out, temporary)
        figures["kills"] += killed.total()
        figures["by kind"] += killed
        figures["batches"] += 1
        figures["starts"] += starts
        figures["results"] += len(expected)
        figures["judged twice"] += remade
        figures["differing"] += (
            wrong := [(name, expected[name], found.get(name)) for name in expected if found.get(name) != expected[name]]
        )
        figures["processes left"] += running
        figures["files left"] += sorted({*files} - {*figures["files left"]})  # of earlier batches they still lie there
        figures["seconds disturbed"] += round(time.monotonic() - began, 1)
        say(f"{figures['kills']:4} kills  {dict(killed)}  {starts} starts  {time.monotonic() - began:.0f} s")
        for name, before, after in wrong:
            say(f"     {name} was {before}\n     {name} is {after}")
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--submissions", type=int, default=12)
    parser.add_argument("--per-batch", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        figures = measure(Path(folder), kills=asked.kills, submissions=asked.submissions, per_batch=asked.per_batch,
                          jobs=asked.jobs, seed=asked.seed)  # fmt: skip
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=1))
    for name, value in figures.items():
        told = len(value) if isinstance(value, list) else dict(value) if isinstance(value, Counter) else value
        print(f"{name:20} {told}")
    sys.exit(
        bool(figures["differing"] or figures["judged twice"] or figures["processes left"] or figures["files left"])
    )


if __name__ == "__main__":
    main()
