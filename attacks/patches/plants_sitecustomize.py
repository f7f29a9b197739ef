"""Brings a sitecustomize.py, which Python runs before anything else."""

# control: ends with 0, leaves a proof
# verdict: failed
# level: process


def make(folder, where):
    proof = str(folder.parent / "plants_sitecustomize")
    (folder / "solutions").mkdir(exist_ok=True)
    (folder / "solutions" / "double.py").write_text("def double(x):\n    return x\n")
    (folder / "sitecustomize.py").write_text(f"open({proof!r}, 'w').write('loaded'); import os; os._exit(0)\n")
