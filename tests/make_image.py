"""Make an image for the isolation level `container` of what is installed here, without a registry.

    python tests/make_image.py podman ptassess:here
    PTASSESS_TEST_IMAGE=ptassess:here python -m pytest tests/test_container.py

It holds this Python with its packages and shared libraries, and ptassess from a wheel of this checkout, in which there
are no answers. `plugins/container/Dockerfile` is what users build instead: smaller, and from the engine's registry.
"""

import argparse
import io
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHON, HOME = "opt/python", "opt/venv"
VERSION = sysconfig.get_python_version()
PACKAGES = f"{HOME}/lib/python{VERSION}/site-packages"
ENVIRONMENT = f"PATH=/{HOME}/bin:/usr/bin"
# ptassess' own come from its wheel; caches are made by the other Python anyway.
LEFT_OUT = ("ptassess", "_editable_impl_", "__pycache__")


def wanted(member):
    """As `tarfile` asks: the entry without its owner, or None to leave it out."""
    if Path(member.name).name.startswith(LEFT_OUT):
        return None
    member.uid = member.gid = 0
    member.mode |= 0o044 | (0o011 if member.isdir() or member.mode & 0o100 else 0)
    return member


def fill(archive, wheel_folder):
    """Write the whole image."""
    for name in ("lib", "bin"):
        link(archive, name, f"usr/{name}")
    libraries = Path("/usr/lib") / sysconfig.get_config_var("MULTIARCH")
    archive.add(libraries, str(libraries).strip("/"), filter=wanted)
    for loader in Path("/lib64").glob("ld-linux*"):  # of x86_64; others have it among the libraries
        link(archive, f"lib64/{loader.name}", str(loader.resolve()))
    archive.add("/etc/ld.so.cache", "etc/ld.so.cache", filter=wanted)
    for name in ("sh", "sleep"):  # of the programs that every image has, those which attacks start
        archive.add(Path("/bin", name).resolve(), f"usr/bin/{name}", filter=wanted)
    base = Path(sys.base_prefix)
    archive.add((base / "bin" / f"python{VERSION}").resolve(), f"{PYTHON}/bin/python{VERSION}", filter=wanted)
    archive.add(sysconfig.get_path("stdlib"), f"{PYTHON}/lib/python{VERSION}", filter=without_packages)
    for shared in (base / "lib").glob("libpython*"):
        archive.add(shared, f"{PYTHON}/lib/{shared.name}", filter=wanted)
    write(archive, f"{HOME}/pyvenv.cfg", f"home = /{PYTHON}/bin\ninclude-system-site-packages = false\n")
    for name in ("python", "python3", f"python{VERSION}"):
        link(archive, f"{HOME}/bin/{name}", f"/{PYTHON}/bin/python{VERSION}")
    archive.add(sysconfig.get_path("purelib"), PACKAGES, filter=wanted)
    for path in wheel_folder.iterdir():
        archive.add(path, f"{PACKAGES}/{path.name}", filter=owned_by_root)


def without_packages(member):
    return None if "site-packages" in member.name or "/test/" in member.name else wanted(member)


def owned_by_root(member):
    member.uid = member.gid = 0
    return member


def link(archive, name, target):
    member = tarfile.TarInfo(name)
    member.type, member.linkname = tarfile.SYMTYPE, target
    archive.addfile(member)


def write(archive, name, text):
    member = tarfile.TarInfo(name)
    member.size = len(text)
    archive.addfile(member, io.BytesIO(text.encode()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("engine", help="podman or docker")
    parser.add_argument("image", help="its name")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        dist, site = Path(folder, "dist"), Path(folder, "site")
        build = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(dist), str(ROOT)]
        subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
        (wheel,) = dist.iterdir()
        install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(site), str(wheel)]
        subprocess.run(install, check=True)
        command = [asked.engine, "import", "--change", f"ENV {ENVIRONMENT}", "-", asked.image]
        with subprocess.Popen(command, stdin=subprocess.PIPE) as engine:
            with tarfile.open(fileobj=engine.stdin, mode="w|") as archive:
                fill(archive, site)
            engine.stdin.close()
        sys.exit(engine.returncode)


if __name__ == "__main__":
    main()
