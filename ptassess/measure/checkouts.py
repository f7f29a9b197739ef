"""Two revisions of a repository in temporary folders, side by side."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ptassess.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BASE, HEAD = "base", "head"  # of one length, so that nothing in a process differs by the length of its path
_NAMES_A_REPOSITORY = {
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_WORK_TREE",
}
"""Set by git for what it runs (hooks, ``git rebase --exec``); would send git to the user's files from a checkout."""


@dataclass(frozen=True, kw_only=True)
class Repository:
    """A git repository.

    Args:
        root: its top.
        below: the folder that the user is in, relative to it.
    """

    root: Path
    below: Path

    @classmethod
    def around(cls, folder: Path) -> Repository:
        """The repository that a folder lies in.

        Args:
            folder: any.

        Raises:
            UserError: if there is none, or no git.
        """
        try:
            root = Path(_git(folder, "rev-parse", "--show-toplevel")).resolve()
        except UserError:
            if shutil.which("git") is None:
                raise UserError("git: not found; two revisions cannot be checked out without it") from None
            raise UserError(f"{folder}: not inside a git repository; go to the project's folder") from None
        return cls(root=root, below=folder.resolve().relative_to(root))

    def commit(self, revision: str) -> str:
        """The full hash of a commit.

        Args:
            revision: as git takes it: a branch, a tag, a hash, ``HEAD~1``.

        Raises:
            UserError: if there is none.
        """
        try:
            return _git(self.root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        except UserError:
            hint = "`git branch --all` and `git tag` list what there is"
            if _git(self.root, "rev-parse", "--is-shallow-repository") == "true":
                hint = "its history was cut off: `git fetch --unshallow`, or in CI `fetch-depth: 0`"
            raise UserError(f"{revision}: no such revision in {self.root}; {hint}") from None

    def changes(self) -> list[str]:
        """What differs from the last commit, staged or not, and new files that are not ignored."""
        changed = _git(self.root, "diff", "--name-only", "--no-renames", "-z", "HEAD").split("\0")
        new = _git(self.root, "ls-files", "--others", "--exclude-standard", "-z").split("\0")
        return [name for name in changed + new if name]

    @contextmanager
    def checked_out(self, base: str, head: str | None) -> Iterator[dict[str, Path]]:
        """Both revisions, each in a folder of its own, which are removed afterwards.

        Args:
            base: a revision.
            head: a revision; None for the files as they are, without those that git ignores.

        Yields:
            The folders, by ``base`` and ``head``.

        Raises:
            UserError: if git cannot check one out.
        """
        revisions = {BASE: self.commit(base), HEAD: self.commit(head or "HEAD")}
        with tempfile.TemporaryDirectory(prefix="ptassess-race-", ignore_cleanup_errors=True) as parent:
            folders = {side: Path(parent).resolve() / side for side in revisions}
            try:
                for side, revision in revisions.items():
                    _git(self.root, "worktree", "add", "--quiet", "--detach", "--force", str(folders[side]), revision)
                if head is None:
                    for name in self.changes():
                        copy(name, self.root, folders[HEAD])
                yield folders
            finally:
                for folder in folders.values():
                    shutil.rmtree(folder, ignore_errors=True)
                    with suppress(UserError):  # what git may say here has been said, or nothing was checked out
                        _git(self.root, "worktree", "remove", "--force", "--force", str(folder))


def copy(name: str | Path, source: Path, target: Path) -> None:
    """Make a file as another one is: also gone, if that is; a folder, which a submodule is to git, is left alone.

    Args:
        name: relative to both folders.
        source: folder to copy from; a link is copied as such.
        target: folder to copy to; nothing is written where a link in it leads out of it.

    Raises:
        UserError: if it cannot be read or written.
    """
    old, new = source / name, target / name
    try:
        if not new.parent.resolve().is_relative_to(target.resolve()):
            return
        if old.is_dir() and not old.is_symlink():
            if new.is_symlink() or new.is_file():
                new.unlink()
            return
        if new.is_dir() and not new.is_symlink():
            shutil.rmtree(new)
        elif new.is_symlink() or new.exists():
            new.unlink()
        if old.is_symlink() or old.exists():
            for folder in new.parents:  # what was a file there and is a folder here
                if folder.is_file() or (folder.is_symlink() and not folder.exists()):
                    folder.unlink()
            new.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(old, new, follow_symlinks=False)
    except OSError as error:
        said = error.strerror or str(error)
        raise UserError(
            f"{old}: cannot be copied into a checkout ({said}); mend it, have git ignore it, or name a --head"
        ) from None


def copy_tests(files: Iterable[str], source: Path, target: Path) -> None:
    """Test files, every conftest.py that they see, and what makes a package of a folder that only the source has.

    Args:
        files: relative to both folders.
        source: a checkout.
        target: another.

    Raises:
        UserError: if one cannot be read or written.
    """
    for file in files:
        folders = Path(file).parents
        # Not those that are there: `__init__.py` of a package that holds its tests is code that is compared.
        packages = [folder for folder in folders if not (target / folder).is_dir() or folder == folders[0]]
        lacking = [folder / "__init__.py" for folder in packages if not (target / folder / "__init__.py").exists()]
        names = [Path(file), *(folder / "conftest.py" for folder in folders), *lacking]
        for name in names:
            if (source / name).exists() or (target / name).exists():
                copy(name, source, target)


def environment() -> dict[str, str]:
    """The environment of this process for one that works in a checkout: nothing in it names another repository."""
    return {name: value for name, value in os.environ.items() if name not in _NAMES_A_REPOSITORY}


def _git(folder: Path, *arguments: str) -> str:
    # Hooks are the user's, for their own checkouts.
    command = ["git", "-c", "core.hooksPath=/dev/null", "-C", str(folder), *arguments]
    try:
        found = subprocess.run(  # noqa: S603  git, on the user's own repository
            command, capture_output=True, check=False, encoding="utf-8", errors="surrogateescape", env=environment()
        )
    except OSError as error:
        raise UserError(f"git: {error.strerror}") from None
    if found.returncode:
        said = found.stderr.strip().rpartition("\n")[2].removeprefix("fatal: ")
        raise UserError(f"git {arguments[0]}: {said or 'failed'}")
    return found.stdout.strip("\n")
