"""Brings a torch.py, to be imported in place of the real one."""

# control: ends with 0, leaves a proof
# verdict: failed
# level: process


def make(folder, where):
    proof = str(folder.parent / "shadows_torch")
    (folder / "solutions").mkdir(exist_ok=True)
    (folder / "solutions" / "double.py").write_text("def double(x):\n    return x\n")
    (folder / "torch.py").write_text(f"open({proof!r}, 'w').write('loaded'); import os; os._exit(0)\n")
