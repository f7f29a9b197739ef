"""Brings a .pth file, of which Python runs each line that begins with import."""

# control: ends with 0, leaves a proof
# verdict: failed
# level: process


def make(folder, where):
    proof = str(folder.parent / "plants_a_pth_file")
    (folder / "solutions").mkdir(exist_ok=True)
    (folder / "solutions" / "double.py").write_text("def double(x):\n    return x\n")
    (folder / "evil.pth").write_text(f"import os; open({proof!r}, 'w').write('loaded'); import os; os._exit(0)\n")
