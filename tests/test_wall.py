"""A solution behind the wall: what comes back, what does not, and what is left when it is over."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from ptassess.errors import (
    IsolationError,
    JudgeError,
    NotAttempted,
    SolutionCrashed,
    SolutionMemory,
    SolutionMissing,
    SolutionProtocol,
    SolutionRaised,
    SolutionTimeout,
    SolutionValue,
)
from ptassess.sandbox import Level, Limits, choose, judge_call, open_wall, processes
from ptassess.sandbox.levels import BUILT_IN, INPROCESS, PROCESS
from ptassess.sandbox.supervision import Lost, Supervisor
from ptassess.sandbox.wall import InprocessWall

SOURCE = """
import os, sys
from pathlib import Path
import torch

COUNT = 0

def add(x, y=1):
    return x + y

def count():
    global COUNT
    COUNT += 1
    return COUNT

def where():
    places = {"cwd": os.getcwd(), "home": os.environ["HOME"], "tmp": os.environ["TMPDIR"]}
    return places | {"environment": sorted(os.environ)}

def write(name, text):
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text)

def link(name, target):
    os.symlink(target, name)

def read(name):
    return Path(name).read_text() if Path(name).exists() else None

def say(text):
    print(text)
    print("and", text, file=sys.stderr)

def ask(function, times):
    return [function(i) for i in range(times)]

def ask_and_give_up(function):
    try:
        while True:
            function(1.0)
    except RuntimeError as error:
        return str(error)

def fail():
    raise ValueError("first line\\nsecond line")

def threads():
    return torch.get_num_threads()

def descriptors():
    return sorted(os.listdir("/proc/self/fd"))

def run():
    return "a function of this name"

def later():
    raise NotImplementedError
"""


def opened(name):
    """A wall of exactly that level; where this machine cannot give it, the test is skipped with the reason."""
    level = next(level for level in BUILT_IN if level.name == name)
    if why_not := level.probe():
        pytest.skip(why_not)
    return level.open([])


@pytest.fixture(scope="module", params=[level.name for level in BUILT_IN])
def any_wall(request):
    """Each level in turn."""
    wall = opened(request.param)
    yield wall
    wall.close()


@pytest.fixture(scope="module", params=[level.name for level in BUILT_IN if level is not INPROCESS])
def wall(request):
    """Each level with processes of its own."""
    wall = opened(request.param)
    yield wall
    wall.close()


@pytest.fixture
def path(tmp_path):
    """A solution with many functions."""
    (tmp_path / "solution.py").write_text(SOURCE)
    return tmp_path / "solution.py"


def handle(wall, path, **limits):
    return wall.solution(path, limits=Limits(**limits), shown_as="solutions/x.py")


# -- at every level --------------------------------------------------------------------------------------------


def test_data_goes_in_and_data_comes_out(any_wall, path):
    solution = handle(any_wall, path)
    x = torch.randn(3, 4)
    assert torch.equal(solution.add(x), x + 1)
    assert torch.equal(solution.add(x, y=2.0), x + 2)
    assert solution.add("a", "b") == "ab"
    solution.close()


def test_a_function_with_the_name_of_a_method_is_reached_by_call(any_wall, path):
    solution = handle(any_wall, path)
    assert solution.call("run") == "a function of this name"
    solution.close()


def test_what_it_raises_comes_back_as_its_type_message_and_frames(any_wall, path):
    solution = handle(any_wall, path)
    with pytest.raises(SolutionRaised) as info:
        solution.fail()
    solution.close()
    assert str(info.value) == "ValueError: first line"
    assert "second line" in info.value.detail
    assert "solutions/x.py" in info.value.detail
    assert str(path.parent) not in info.value.detail
    assert "ptassess" not in info.value.detail


@pytest.mark.parametrize(
    ("request_", "error", "said"),
    [
        (("ad", *(1,)), SolutionMissing, "is 'add' it?"),
        (("COUNT", *()), SolutionValue, "COUNT in solutions/x.py is a int, not a function"),
        (("Path", *()), SolutionValue, "use it inside a probe"),
        (("add", *()), SolutionRaised, "missing a required argument: 'x'"),
        (("add", *(1, 2, 3)), SolutionRaised, "too many positional arguments"),
        (("later", *()), NotAttempted, "later in solutions/x.py still raises NotImplementedError"),
    ],
)
def test_a_request_that_cannot_be_carried_out_says_why(any_wall, path, request_, error, said):
    solution = handle(any_wall, path)
    with pytest.raises(error, match=r"\A.*\Z") as info:
        solution.call(*request_)
    solution.close()
    assert said in str(info.value)


def test_the_judge_answers_and_counts_the_calls_of_a_function_that_it_passes(any_wall, path):
    solution = handle(any_wall, path)
    seen = []

    def double(x):
        seen.append(x)
        return 2 * x

    function = judge_call(double)
    assert solution.ask(function, 3) == [0, 2, 4]
    solution.close()
    assert function.count == 3
    assert seen == [0, 1, 2]
    assert not function.exceeded


def test_a_budget_of_calls_is_kept_by_the_judge(any_wall, path):
    solution = handle(any_wall, path)
    function = judge_call(lambda x: x, limit=4)
    assert solution.ask_and_give_up(function) == "the budget of 4 calls is used up"
    solution.close()
    assert function.count == 5
    assert function.exceeded


def test_what_the_judges_function_raises_is_raised_where_it_was_called(any_wall, path):
    solution = handle(any_wall, path)

    def refuse(_):
        raise TypeError("a tensor is wanted")

    assert solution.ask_and_give_up(judge_call(refuse)) == "TypeError: a tensor is wanted"
    solution.close()


def test_a_solution_that_is_not_there_is_not_attempted(any_wall):
    with pytest.raises(NotAttempted, match=r"solutions/x\.py is not there"):
        handle(any_wall, None).add(1)


def test_an_overlay_redefines_what_it_names(any_wall, path):
    overlay = path.parent / "mutant.py"
    overlay.write_text("def add(x, y=1):\n    return x - y\n")
    solution = any_wall.solution(path, limits=Limits(), shown_as="x", overlay=overlay)
    assert solution.add(5) == 4
    assert solution.count() == 1
    solution.close()


def test_a_package_can_import_its_own_modules(any_wall, tmp_path):
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("from .other import f\nfrom solution.other import f as g\n")
    (package / "other.py").write_text("def f():\n    return 'other'\n")
    solution = handle(any_wall, package / "__init__.py")
    assert (solution.f(), solution.g()) == ("other", "other")
    solution.close()


# -- at every level with processes of its own ------------------------------------------------------------------


def test_every_handle_is_a_fresh_process_and_one_handle_is_one(wall, path):
    first, second = handle(wall, path), handle(wall, path)
    assert [first.count(), first.count(), second.count()] == [1, 2, 1]
    assert len({first._link.pid, second._link.pid, os.getpid()}) == 3
    first.close()
    second.close()


def test_a_worker_has_a_folder_of_its_own_and_nothing_of_the_judges_environment(wall, path, monkeypatch):
    monkeypatch.setenv("PTASSESS_SECRET", "1")
    first, second = handle(wall, path), handle(wall, path)
    one, two = first.where(), second.where()
    assert one["cwd"] == one["home"] == one["tmp"] != two["cwd"]
    assert "PTASSESS_SECRET" not in one["environment"]
    assert not [name for name in one["environment"] if name.startswith(("PYTEST", "PYTHON", "VIRTUAL"))]
    first.close()
    second.close()
    assert not Path(one["cwd"]).exists()


def test_a_worker_inherits_no_descriptor_but_its_socket(wall, path):
    solution = handle(wall, path)
    numbers = [int(number) for number in solution.descriptors()]
    solution.close()
    assert numbers[:3] == [0, 1, 2]
    assert len(numbers) == 5  # the socket, and the folder that is being listed


def test_a_session_keeps_its_worker_until_it_is_restarted(wall, path):
    solution = handle(wall, path)
    with solution.session() as session:
        assert [session.count(), session.count()] == [1, 2]
        before = session._link.pid
        session.write("kept/state.txt", "kept")
        session.write("dropped.txt", "dropped")
        session.link("leak.txt", str(path))
        session.restart(keep=["kept/state.txt", "leak.txt", "../../etc/passwd", "missing.txt"])
        assert session.count() == 1
        assert session._link.pid != before
        assert session.read("kept/state.txt") == "kept"
        assert session.read("dropped.txt") is None
        assert session.read("leak.txt") is None
    assert solution.count() == 1
    solution.close()


def test_torchs_own_not_implemented_is_an_attempt_that_failed(any_wall, tmp_path):
    source = (
        "import torch\ndef f():\n    return torch.nn.Module()(1)\ndef g():\n    raise NotImplementedError('later')\n"
    )
    (tmp_path / "s.py").write_text(source)
    solution = handle(any_wall, tmp_path / "s.py")
    with pytest.raises(SolutionRaised, match="NotImplementedError: Module"):
        solution.f()
    with pytest.raises(NotAttempted, match="later"):
        solution.g()
    solution.close()


def test_what_it_prints_is_known_when_it_is_closed(wall, path):
    solution = handle(wall, path)
    solution.say("hello")
    with solution.session() as session:
        session.say("in a session")
    closing = solution.close()
    assert closing.output.splitlines() == ["hello", "and hello", "in a session", "and in a session"]
    assert closing.calls == 2
    assert closing.seconds > 0
    assert solution.close() == closing


@pytest.mark.parametrize("threads", [1, 2])
def test_torch_gets_the_threads_that_the_limits_name(wall, path, threads):
    solution = handle(wall, path, threads=threads)
    assert solution.threads() == threads
    solution.close()


def test_after_a_failure_the_handle_stays_failed(wall, tmp_path):
    (tmp_path / "s.py").write_text("import os\ndef die(): os._exit(3)\ndef fine(): return 1\n")
    solution = handle(wall, tmp_path / "s.py")
    for name in ("die", "fine"):
        with pytest.raises(SolutionCrashed, match="ended its own process with status 3"):
            solution.call(name)
    solution.close()


def test_a_deadline_is_kept_to_half_a_second(wall, tmp_path):
    (tmp_path / "s.py").write_text("import time\ndef wait(): time.sleep(30)\ndef quick(): return 1\n")
    solution = handle(wall, tmp_path / "s.py", seconds=0.3)
    solution.quick()
    began = time.monotonic()
    with pytest.raises(SolutionTimeout, match=r"wait did not return within 0\.3 s"):
        solution.wait()
    assert time.monotonic() - began < 0.3 + 0.5
    solution.close()


def test_the_judges_own_computing_is_not_on_the_solutions_clock(wall, path):
    solution = handle(wall, path, seconds=0.5)
    assert solution.ask(judge_call(lambda i: time.sleep(0.3) or i), 3) == [0, 1, 2]
    solution.close()


def test_a_lost_supervisor_is_replaced_and_costs_one_answer(wall, path):
    solution = handle(wall, path)
    solution.add(1)
    pid = solution._link.pid
    os.kill(wall.supervisor._process.pid, signal.SIGKILL)
    while not processes.is_dead(pid):  # the kernel takes a moment to end the worker as well
        time.sleep(0.01)
    with pytest.raises(SolutionCrashed, match="lost together with its supervisor"):
        solution.add(1)
    fresh = handle(wall, path)
    assert fresh.add(1) == 2
    assert not Path(f"/proc/{pid}").exists()
    solution.close()  # its number means nothing to the new supervisor
    assert fresh.add(1) == 2
    fresh.close()


@pytest.mark.parametrize("at_once", [False, True], ids=["while it starts", "at its very beginning"])
def test_a_supervisor_that_is_killed_early_is_replaced(path, monkeypatch, at_once):
    start, killed = subprocess.Popen, []

    def kill(process):
        process.kill()
        process.wait()
        killed.append(process.pid)

    def start_and_kill_once(*arguments, **options):
        process = start(*arguments, **options)
        if not killed:
            kill(process)
        return process

    if at_once:
        monkeypatch.setattr(subprocess, "Popen", start_and_kill_once)
    wall = opened("process")
    try:
        if not at_once:
            kill(wall.supervisor._process)
        assert killed == [wall.supervisor._process.pid]
        wall.preload(())
        solution = handle(wall, path)
        assert solution.add(1) == 2
        solution.close()
    finally:
        wall.close()


@pytest.mark.parametrize("lost", [3, 4])
def test_supervisors_that_are_lost_in_a_row_are_replaced_a_few_times(wall, path, monkeypatch, lost):
    spawn, left = Supervisor.spawn, [None] * lost

    def lose(*arguments):
        if left:
            left.pop()
            raise Lost
        return spawn(*arguments)

    monkeypatch.setattr(Supervisor, "spawn", lose)
    monkeypatch.setattr(wall, "replace_supervisor", lambda: None)
    solution = handle(wall, path)
    if lost == 3:
        assert solution.add(1) == 2
    else:
        with pytest.raises(JudgeError, match="ended 4 times in a row"):
            solution.add(1)
    solution.close()


def test_a_wall_makes_its_folder_in_its_judges_room(tmp_path, monkeypatch):
    monkeypatch.setenv("PTASSESS_ROOM", str(tmp_path))
    wall = opened("process")
    try:
        assert Path(wall._folder).parent == tmp_path
    finally:
        wall.close()


HOLDS = """
import os, socket, time

kept = []

def pairs(count):
    kept.extend(socket.socketpair() for _ in range(count))
    time.sleep(0.5)
    return len(kept)

def pipes(count):
    kept.extend(os.pipe() for _ in range(count))
    return len(kept)

def unaccepted(count):
    server = socket.socket(socket.AF_UNIX)
    server.bind("\\0some name")
    server.listen(4096)
    kept.append(server)
    for _ in range(count):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect("\\0some name")
            client.send(bytes(4096))
    time.sleep(0.5)
    return count
"""


@pytest.fixture
def holder(tmp_path):
    """A solution that holds memory where it counts for no process."""
    (tmp_path / "holder.py").write_text(HOLDS)
    return tmp_path / "holder.py"


def test_what_may_wait_in_many_sockets_counts(wall, holder):
    solution = handle(wall, holder, memory_mb=64)
    assert solution.pairs(20) == 20
    with pytest.raises(SolutionMemory, match="64 MiB"):
        solution.pairs(180)
    solution.close()


def test_what_waits_for_nobody_to_accept_it_counts_in_a_network_of_its_own(wall, holder):
    if wall.level != "namespaced":
        pytest.skip("the network is not the worker's own")
    solution = handle(wall, holder, memory_mb=64)
    with pytest.raises(SolutionMemory, match="64 MiB"):
        solution.unaccepted(400)
    solution.close()


def test_who_is_weighed_has_no_sockets_and_its_pipes_count(wall, holder):
    weighed = wall.weighed(holder, limits=Limits(weighed=True), shown_as="solutions/x.py")
    try:
        weighed.pipes(1)
        before = weighed.held_mb()
        weighed.pipes(100)
        assert 6 <= weighed.held_mb() - before <= 8  # of 64 KiB each
        if wall.level != "process":
            with pytest.raises(SolutionRaised, match="not supported"):
                weighed.pairs(1)
    finally:
        weighed.close()


def test_who_keeps_others_from_looking_is_not_weighed_lighter(tmp_path):
    """As another user than root, whom nobody keeps from looking."""
    program = tmp_path / "unreadable"
    program.write_bytes(Path("/bin/sleep").resolve().read_bytes())
    program.chmod(0o111)
    child = subprocess.Popen([str(program), "30"])
    try:
        deadline = time.monotonic() + 5
        while not processes.private_kb(child.pid) and time.monotonic() < deadline:
            time.sleep(0.01)
        code = (
            "import os, sys; from ptassess.sandbox import processes; pid = int(sys.argv[1]); "
            "os.getuid() or os.setresuid(12345, 12345, 12345); "
            "print(processes.shows_descriptors(pid), processes.proportional_kb(pid) == processes.private_kb(pid))"
        )
        found = subprocess.run(
            [sys.executable, "-c", code, str(child.pid)], capture_output=True, text=True, check=False
        )
        assert found.stdout == "False True\n", found.stderr
    finally:
        child.kill()
        child.wait()


@pytest.mark.parametrize("name", [level.name for level in BUILT_IN if level is not INPROCESS])
def test_closing_the_wall_leaves_no_process_and_no_folder(path, name):
    wall = opened(name)
    solution = handle(wall, path)
    solution.add(1)
    pids = {wall.supervisor._process.pid, wall.supervisor.pid, solution._link.pid}
    folder = Path(wall._folder)
    assert folder.is_dir()
    assert folder.stat().st_mode & 0o066 == 0  # nobody else can list what is in it, or add to it
    wall.close()
    solution.close()  # what is closed too late starts nothing anew
    assert not folder.exists()
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


# Each answers a request with something that is not one answer. `good` shows that the forgery itself is sound.
FORGERIES = {
    "good": "send(value(SEQ, 7))",
    "a wrong number": "send(value(SEQ + 1, 7))",
    "two answers": "send(value(SEQ, 7) + value(SEQ, 8))",
    "a huge header": "send(PREFIX.pack(2**31, 0))",
    "a huge payload": "send(PREFIX.pack(10, 2**40))",
    "no message": "send(PREFIX.pack(3, 0) + b'abc')",
    "a request": "send(b''.join(encode(Call(SEQ, 'f', [], {}))))",
    "an unknown token": None,
    "a descriptor": "socket.send_fds(SOCK, [value(SEQ, 7)], [0])",
}
FORGER = """
import gc, os, socket, sys, time
from ptassess.sandbox.channel import Channel
from ptassess.sandbox.wire import PREFIX, Ask, Call, Value, decode, encode

CHANNEL = next(thing for thing in gc.get_objects() if isinstance(thing, Channel))
SOCK = CHANNEL._sock

def value(seq, x):
    return b"".join(map(bytes, encode(Value(seq, x))))

def send(data):
    SOCK.sendall(data)

def f():
    frame = sys._getframe()
    while "message" not in frame.f_locals:
        frame = frame.f_back
    SEQ = frame.f_locals["message"].seq
    FORGERY
    time.sleep(10)
"""


@pytest.mark.parametrize("name", [name for name, code in FORGERIES.items() if code])
def test_a_forged_answer_is_only_an_answer_or_a_breach_of_the_protocol(wall, tmp_path, name):
    (tmp_path / "s.py").write_text(FORGER.replace("FORGERY", FORGERIES[name]))
    solution = handle(wall, tmp_path / "s.py")
    if name == "good":
        assert solution.f() == 7
    else:
        with pytest.raises(SolutionProtocol, match=r"\Af: the solution's process sent .*\Z"):
            solution.f()
    solution.close()


def test_a_frame_before_any_request_is_a_breach_of_the_protocol(wall, tmp_path):
    (tmp_path / "s.py").write_text(
        FORGER.replace("FORGERY", "pass").replace("time.sleep(10)", "return 1")
        + "\ndef later():\n    import threading\n    threading.Timer(0.2, send, [value(1, 7)]).start()\n    return 1\n"
    )
    solution = handle(wall, tmp_path / "s.py")
    assert solution.later() == 1
    time.sleep(0.5)
    with pytest.raises(SolutionProtocol, match="a frame before any request"):
        solution.f()
    solution.close()


def test_an_unknown_judge_call_is_refused(wall, tmp_path):
    (tmp_path / "s.py").write_text(
        FORGER.replace(
            "FORGERY",
            "send(b''.join(encode(Ask(SEQ, 5, [1]))))\n    return decode(*CHANNEL.receive()).refused",
        )
    )
    solution = handle(wall, tmp_path / "s.py")
    assert solution.f() == "no such function"
    solution.close()


def test_an_answer_while_the_judge_still_answers_a_question_is_a_breach_of_the_protocol(wall, tmp_path):
    early = FORGER.replace("def f():", "def f(ask):").replace("time.sleep(10)", "return ask(1)")
    early = early.replace("FORGERY", "import threading\n    threading.Timer(0.1, send, [value(SEQ, 7)]).start()")
    (tmp_path / "s.py").write_text(early)
    solution = handle(wall, tmp_path / "s.py")
    with pytest.raises(SolutionProtocol, match="a frame before the answer that it waits for"):
        solution.f(judge_call(lambda x: time.sleep(0.4) or x))
    solution.close()


def test_a_judge_call_whose_value_cannot_cross_is_refused_to_the_solution(any_wall, tmp_path):
    (tmp_path / "s.py").write_text(
        "def f(ask, x):\n    try:\n        return ask(x)\n    except RuntimeError as e:\n        return str(e)\n"
    )
    solution = handle(any_wall, tmp_path / "s.py")
    assert "9 dimensions" in solution.f(judge_call(lambda x: x[None]), torch.zeros([1] * 8))
    solution.close()


# -- levels ----------------------------------------------------------------------------------------------------


def level(name, rank, reason=None):
    return Level(name=name, rank=rank, summary=name, probe=lambda: reason, open=lambda _: name)


def test_the_strongest_level_that_the_machine_gives_is_chosen():
    assert choose(None, [level("weak", 5), level("strong", 20), level("broken", 30, "needs more")]).name == "strong"


def test_a_floor_is_never_silently_missed():
    levels = [level("weak", 5), level("strong", 20, "needs a key"), level("stronger", 30, "needs two")]
    with pytest.raises(IsolationError, match="stronger needs two; strong needs a key"):
        choose("strong", levels)
    assert choose("weak", levels).name == "weak"


def test_a_level_that_does_not_exist_is_named_with_those_that_do():
    with pytest.raises(IsolationError, match="castle: no such level; there are inprocess, process, locked, namespaced"):
        choose("castle")


def test_no_wall_is_opened_only_when_it_is_named():
    assert choose("inprocess") is INPROCESS
    assert choose(None).rank >= PROCESS.rank
    with pytest.raises(IsolationError):
        choose(None, [INPROCESS, level("process", 10, "is not here")])
    assert isinstance(open_wall("inprocess"), InprocessWall)


# -- processes -------------------------------------------------------------------------------------------------


def test_a_tree_is_killed_with_all_that_it_started(tmp_path):
    pid = os.spawnlp(os.P_NOWAIT, "sh", "sh", "-c", "sh -c 'sleep 50 & sleep 50' & sleep 50 & wait")
    deadline = time.monotonic() + 5
    while len(processes.descendants(pid)) < 4 and time.monotonic() < deadline:
        time.sleep(0.01)
    tree = [pid, *processes.descendants(pid)]
    assert len(tree) >= 5
    assert processes.private_kb(pid) > 0
    processes.kill_tree(pid)
    os.waitpid(pid, 0)
    time.sleep(0.1)
    states = [Path(f"/proc/{p}/stat").read_text().split()[2] for p in tree if Path(f"/proc/{p}").exists()]
    assert set(states) <= {"Z"}  # whoever inherited the orphans may not have reaped them yet


def test_a_process_that_is_gone_has_no_children_and_no_memory():
    assert processes.children(2**22) == []
    assert processes.private_kb(2**22) == 0
    assert processes.proportional_kb(2**22) == 0


# -- services --------------------------------------------------------------------------------------------------

SERVER = """
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from ptassess.probing import listening_socket


def serve(solution):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            solution.answer(self)

        def log_message(self, *args):
            pass

    server = HTTPServer(("", 0), Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listening_socket()
    threading.Thread(target=server.serve_forever, daemon=True).start()
"""
SERVED = """
import time

def answer(handler):
    if handler.path == "/slow":
        time.sleep(30)
    if handler.path == "/drip":
        while True:
            handler.wfile.write(b"x")
            time.sleep(0.05)
    if handler.path == "/noise":
        handler.wfile.write(b"no http at all" * 9000)
        return
    size = 3_000_000 if handler.path == "/large" else 2
    handler.send_response(307 if handler.path == "/away" else 200)
    handler.send_header("Location", "http://example.invalid/")
    handler.send_header("Content-Length", str(size))
    handler.end_headers()
    handler.wfile.write(b"ok" * (size // 2))

def nothing():
    return None
"""


@pytest.fixture
def serving(tmp_path):
    """A solution that answers, and the probe that serves it."""
    from ptassess.loading import load_file

    (tmp_path / "s.py").write_text(SERVED)
    (tmp_path / "probes.py").write_text(SERVER)
    return tmp_path / "s.py", load_file(tmp_path / "probes.py").serve


def test_a_service_answers_on_the_judges_own_socket(wall, serving):
    path, serve = serving
    solution = handle(wall, path)
    with solution.service() as service:
        service.run(serve)
        assert [service.request("GET", "/").body for _ in range(3)] == [b"ok"] * 3
        away = service.request("GET", "/away")
        assert (away.status, away.headers["location"]) == (307, "http://example.invalid/")
        pid = service._link.pid
    assert not Path(f"/proc/{pid}").exists()
    solution.close()


@pytest.mark.parametrize(
    ("path", "error", "said"),
    [
        ("/slow", SolutionTimeout, "no whole answer within 0.5 s"),
        ("/drip", SolutionTimeout, "no whole answer within 0.5 s"),
        ("/noise", SolutionProtocol, "no answer of HTTP"),
        ("/large", SolutionProtocol, "longer than 1 MiB"),
    ],
)
def test_an_answer_that_is_none_is_the_services_failure(wall, serving, path, error, said):
    source, serve = serving
    solution = handle(wall, source)
    with solution.service() as service:
        service.run(serve)
        began = time.monotonic()
        with pytest.raises(error, match=said):
            service.request("GET", path, timeout=0.5)
        assert time.monotonic() - began < 1.5
    solution.close()


def test_a_service_that_nobody_started_does_not_answer(wall, serving):
    solution = handle(wall, serving[0])
    with solution.service() as service:
        service.nothing()
        with pytest.raises(SolutionTimeout):
            service.request("GET", "/", timeout=0.3)
    solution.close()


# -- a machine at its limits -----------------------------------------------------------------------------------


def test_a_worker_that_cannot_be_set_up_is_nobodys_failure_and_the_next_one_works(wall, path):
    solution = handle(wall, path, threads=0)
    with pytest.raises(JudgeError, match="cannot be set up: RuntimeError: set_num_threads expects a positive integer"):
        solution.add(1)
    solution.close()
    fresh = handle(wall, path)
    assert fresh.add(1) == 2
    fresh.close()
