"""Brings the metadata of a package whose entry point is a pytest plugin."""

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
    proof = str(folder.parent / "plants_a_plugin")
    (folder / "solutions").mkdir(exist_ok=True)
    (folder / "solutions" / "double.py").write_text("def double(x):\n    return x\n")
    (folder / "by_entry_point.py").write_text(EVIL.format(proof=proof))
    metadata = folder / "evil-1.0.dist-info"
    metadata.mkdir(exist_ok=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[pytest11]\nevil = by_entry_point\n")
