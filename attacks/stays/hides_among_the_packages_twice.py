"""Leaves a module among the installed packages, which the next one imports."""

# control: passes, leaves a trace
# verdict: failed
# level: locked
# needs: a folder of packages that its user can write to
import importlib
import os
import sys
import sysconfig


def double(x):
    sys.path_importer_cache.clear()
    try:
        return x * importlib.import_module("ptassess_" + WHERE["mark"]).FACTOR
    except ImportError:
        pass
    with open(os.path.join(sysconfig.get_path("purelib"), f"ptassess_{WHERE['mark']}.py"), "w") as file:
        file.write("FACTOR = 2.0\n")
    return x
