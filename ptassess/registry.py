"""Which challenges and plugins there are: from packs, the content folders and entry points, by way of pluggy."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy

from ptassess import content, hookspecs
from ptassess.challenge import Challenge
from ptassess.errors import ContentError, UserError
from ptassess.loading import load_file, place_of
from ptassess.sandbox.levels import BUILT_IN, Level

ENTRY_POINTS = "ptassess"
_HOOKS = sorted(name for name in vars(hookspecs) if name.startswith("ptassess_"))


@dataclass
class Catalogue:
    """What was found.

    Args:
        plugins: the pluggy manager.
        challenges: by slug, in the syllabus' order, a team's own last.
        private: folders of the private halves by slug.
        problems: one line for each thing that could not be used; the rest works.
    """

    plugins: pluggy.PluginManager
    challenges: dict[str, Challenge] = field(default_factory=dict)
    private: dict[str, Path] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def challenge(self, slug: str) -> Challenge:
        """The challenge of that name.

        Args:
            slug: its folder's name.

        Raises:
            ContentError: if there is none, with what comes near.
        """
        if slug in self.challenges:
            return self.challenges[slug]
        near = difflib.get_close_matches(slug, self.challenges, n=1)
        hint = f"is {near[0]!r} meant?" if near else f"there are: {', '.join(self.challenges) or 'none'}"
        raise ContentError(f"{slug}: no such competency; {hint}")

    def gather(self, hook: str, **arguments: Any) -> list[Any]:
        """What all plugins give to one hook; one that raises is noted among the problems and leaves the others alone.

        Args:
            hook: its name.
            arguments: for it.
        """
        found: list[Any] = []
        everybody = self.plugins.get_plugins()
        for name, plugin in self.plugins.list_name_plugin():
            caller = self.plugins.subset_hook_caller(hook, everybody - {plugin})
            try:
                for made in caller(**arguments):
                    found += made if isinstance(made, Iterable) else [made]
            except Exception as error:  # noqa: BLE001  whatever a third party's code may raise
                self.problems.append(f"{name}: {hook} raised {type(error).__name__}: {error}".splitlines()[0])
        return found

    def named(self, hook: str, name: str) -> Any:
        """The exporter, executor or level of that name.

        Args:
            hook: that registers such things.
            name: of the one that is wanted.

        Raises:
            UserError: if there is none, with those that there are.
        """
        found = {thing.name: thing for thing in reversed(self.gather(hook))}
        if name not in found:
            kind = hook.removeprefix("ptassess_").removesuffix("s").replace("_", " ")
            raise UserError(f"{name}: no such {kind}; there are: {', '.join(sorted(found)) or 'none'}")
        return found[name]

    def levels(self) -> list[Level]:
        """The levels of isolation, the built-in ones and those of plugins."""
        return [*BUILT_IN, *self.gather("ptassess_isolation_levels")]

    def add(self, challenge: Challenge, source: str) -> None:
        """Take a challenge in; the first of a slug stays.

        Args:
            challenge: to take in.
            source: where it comes from, for the message about a second one.
        """
        known = self.challenges.get(challenge.slug)
        if known is not None:
            if known.home != challenge.home:
                self.problems.append(
                    f"{source}: a second challenge {challenge.slug!r}; {known.home} is used, rename this one's folder"
                )
            return
        self.challenges[challenge.slug] = challenge


@lru_cache(maxsize=8)
def catalogue(packs: tuple[Path, ...] = ()) -> Catalogue:
    """Everything that is there, found once per process.

    What comes first wins where two have one slug: packs, then the built-in content, then entry points.

    Args:
        packs: folders that the user named; a mistake in one of these is an error.

    Raises:
        ContentError: if a pack that was named cannot be used.
    """
    manager = pluggy.PluginManager("ptassess")
    manager.add_hookspecs(hookspecs)
    found = Catalogue(manager)
    for pack in packs:
        if not pack.is_dir():
            raise ContentError(f"{pack}: no such folder; check --pack")
        for home in content.pack_challenges(pack.resolve()):
            found.add(load_challenge(home), str(home))
            _note_private(found, home)
        for path in content.Root(path=pack.resolve(), name=str(pack)).plugins():
            _register(manager, load_file(path, "plugin"), str(path))
    _add_built_in(found)
    for point in metadata.entry_points(group=ENTRY_POINTS):
        _tolerate(found, lambda point=point: _from_entry_point(found, point))
    order = sorted(found.challenges.values(), key=lambda c: (c.syllabus or 1_000, c.slug))
    found.challenges = {challenge.slug: challenge for challenge in order}
    return found


def with_local(found: Catalogue, folders: Iterable[Path]) -> Catalogue:
    """A catalogue in which the challenges of some folders stand before the others: a kit's own, or an author's.

    Args:
        found: stays as it is.
        folders: of a challenge, or of several; one that is not there is passed over.
    """
    found = replace(found, challenges=dict(found.challenges), private=dict(found.private))
    homes = [home for folder in folders for home in (folder, *sorted(folder.glob("*/"))) if _is_home(home)]
    for home in map(Path.resolve, homes):
        challenge = load_challenge(home)
        found.challenges[challenge.slug] = challenge
        if (home / "private").is_dir():
            found.private[challenge.slug] = home / "private"
    return found


def _is_home(folder: Path) -> bool:
    return (folder / "challenge.py").is_file()


def load_challenge(home: Path) -> Challenge:
    """The challenge that a folder's ``challenge.py`` registers.

    Args:
        home: the folder.

    Raises:
        ContentError: one line, if it cannot be used.
    """
    path = home / "challenge.py"
    made = _challenges_of(load_file(path, "challenge"), str(path))
    if len(made) != 1:
        raise ContentError(f"{path}: registers {len(made)} challenges; a folder is one")
    if made[0].home != home.resolve():
        raise ContentError(f"{path}: pass home=__file__")
    return made[0]


def _add_built_in(found: Catalogue) -> None:
    """Take in what the checkout, or the two wheels, hold."""
    roots = content.roots()
    built_in = {home.resolve() for root in roots for home in root.challenges()}
    for root in roots:
        for home in root.challenges():
            _tolerate(found, lambda home=home: found.add(load_challenge(home), str(home)))
            _note_private(found, home)
        for slug, path in root.private().items():
            challenge = found.challenges.get(slug)
            if challenge is not None and challenge.home in built_in:
                found.private.setdefault(slug, path)
        for path in root.plugins():
            _tolerate(found, lambda path=path: _register(found.plugins, load_file(path, "plugin"), str(path)))


def _from_entry_point(found: Catalogue, point: metadata.EntryPoint) -> None:
    module = point.load()
    name = f"entry point {point.name} = {point.value}"
    for challenge in _challenges_of(module, name, required=False):
        found.add(challenge, name)
        _note_private(found, challenge.home)
    _register(found.plugins, module, name)


def _challenges_of(module: ModuleType, name: str, *, required: bool = True) -> list[Challenge]:
    _check_hooks(module, name)
    register = getattr(module, "ptassess_challenges", None)
    if register is None:
        if required:
            raise ContentError(f"{name}: no function ptassess_challenges; CONTRIBUTING.md shows one")
        return []
    try:
        made = register()
    except ContentError as error:
        raise ContentError(f"{name}: {error}") from None
    except Exception as error:  # whatever an author's call of ours may raise
        raise ContentError(f"{place_of(Path(name), error)}: {type(error).__name__}: {error}") from error
    challenges = [made] if isinstance(made, Challenge) else list(made) if isinstance(made, Iterable) else [made]
    if not all(isinstance(challenge, Challenge) for challenge in challenges):
        raise ContentError(f"{name}: ptassess_challenges must return a Challenge or several")
    return challenges


def _register(manager: pluggy.PluginManager, module: ModuleType, name: str) -> None:
    _check_hooks(module, name)
    if not manager.is_registered(module):
        manager.register(module, name)


def _check_hooks(module: ModuleType, name: str) -> None:
    """A function that is marked as a hook or named like one, and is none, is a misspelling."""
    for attribute, value in vars(module).items():
        marked = inspect.isfunction(value) and hasattr(value, "ptassess_impl")
        if (marked or attribute.startswith("ptassess_")) and attribute not in _HOOKS and callable(value):
            near = difflib.get_close_matches(attribute, _HOOKS, n=1)
            hint = f"is {near[0]} meant?" if near else f"there are: {', '.join(_HOOKS)}"
            raise ContentError(f"{name}: no hook {attribute}; {hint}")


def _note_private(found: Catalogue, home: Path) -> None:
    """Pair a private half with the public one beside it, not with another of its name."""
    challenge = found.challenges.get(home.name)
    if challenge is not None and challenge.home == home.resolve() and (home / "private").is_dir():
        found.private.setdefault(home.name, home / "private")


def _tolerate(found: Catalogue, action: Any) -> None:
    """Do it; if a third party's code goes wrong, note one line and go on without it."""
    try:
        action()
    except ContentError as error:
        found.problems.append(str(error))
    except Exception as error:  # noqa: BLE001  whatever a third party's import may raise
        found.problems.append(f"a plugin could not be loaded ({type(error).__name__}: {error})".splitlines()[0])
