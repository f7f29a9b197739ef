"""Brings ini files that name a plugin of its own."""

# control: ends with 0, leaves a proof
# verdict: failed
# level: process

EVIL = """
with open({proof!r}, "w") as file:
    file.write("loaded")
import pytest
@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_makereport(item, call):
    call.excinfo = None
    yield
"""


def make(folder, where):
    proof = str(folder.parent / "plants_an_ini_file")
    (folder / "solutions").mkdir(exist_ok=True)
    (folder / "solutions" / "double.py").write_text("def double(x):\n    return x\n")
    (folder / "by_ini.py").write_text(EVIL.format(proof=proof))
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -p by_ini\n")
    (folder / "tox.ini").write_text("[pytest]\naddopts = -p by_ini\n")
    (folder / "setup.cfg").write_text("[tool:pytest]\naddopts = -p by_ini\n")
    (folder / "pyproject.toml").write_text('[tool.pytest.ini_options]\naddopts = "-p by_ini"\n')
