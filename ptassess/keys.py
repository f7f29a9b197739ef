"""Key pairs that run files are signed with: where they lie, how they are written, whose word counts on this machine.

Ed25519 (RFC 8032). A public key is one line of text in OpenSSH's form, ``ssh-ed25519 AAAA… name``; a private key is a
PKCS #8 PEM file that only its owner can read, with a passphrase or without. A key's id is its OpenSSH fingerprint,
which ``ssh-keygen -lf FILE.pub`` prints, too.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ptassess.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_KIND = "ssh-ed25519"
_HEAD = b"\0\0\0\x0bssh-ed25519\0\0\0\x20"  # RFC 8709, section 4: the name and the key, each after its length
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_LINE = re.compile(rf"{_KIND} ([A-Za-z0-9+/]{{68}})(?: +(.*))?")


@dataclass(frozen=True)
class PublicKey:
    """A public key.

    Args:
        text: ``ssh-ed25519`` and the key in base64; two keys are the same if this is.
        name: what this machine's user calls it; empty where nobody gave it a name.
    """

    text: str
    name: str = ""

    @classmethod
    def parse(cls, line: str) -> PublicKey:
        """A key from its line.

        Args:
            line: ``ssh-ed25519 AAAA…``, with a name behind it or without.

        Raises:
            ValueError: if it is none.
        """
        found = _LINE.fullmatch(line.strip())
        blob = base64.b64decode(found[1]) if found else b""
        if not found or len(blob) != len(_HEAD) + 32 or not blob.startswith(_HEAD):
            raise ValueError("not a public key of the form `ssh-ed25519 AAAA… name`")
        name = (found[2] or "").strip()
        return cls(f"{_KIND} {found[1]}", name if _NAME.fullmatch(name) else "")

    @property
    def line(self) -> str:
        """The text to give away."""
        return f"{self.text} {self.name}".strip()

    @property
    def fingerprint(self) -> str:
        """The key's id: ``SHA256:`` and the hash in base64."""
        digest = hashlib.sha256(self._blob).digest()
        return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"

    @property
    def _blob(self) -> bytes:
        return base64.b64decode(self.text.partition(" ")[2])

    def fits(self, signature: bytes, message: bytes) -> bool:
        """Whether the owner of this key has signed a message.

        Args:
            signature: 64 bytes; any others do not fit.
            message: what was signed.
        """
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(self._blob[len(_HEAD) :]).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, repr=False)
class PrivateKey:
    """A private key.

    Args:
        public: its other half.
        path: of its file.
        secret: cryptography's object.
    """

    public: PublicKey
    path: Path
    secret: Ed25519PrivateKey

    def sign(self, message: bytes) -> bytes:
        """The signature of a message, 64 bytes.

        Args:
            message: to sign.
        """
        return self.secret.sign(message)


def private_folder() -> Path:
    """Where private keys lie: ``$XDG_CONFIG_HOME/ptassess/keys``; no worker may read it."""
    return _folder() / "keys"


def trusted_folder() -> Path:
    """Where the public keys lie whose word counts here, a file ``NAME.pub`` each; one's own are among them."""
    return _folder() / "trusted"


def _folder() -> Path:
    named = os.environ.get("XDG_CONFIG_HOME", "")
    # A relative path there is to be ignored, says the XDG base directory specification.
    return (Path(named) if os.path.isabs(named) else Path.home() / ".config") / "ptassess"  # noqa: PTH117  may be empty


def create(name: str, path: Path | None = None, passphrase: bytes = b"") -> PrivateKey:
    """Make a key pair, and trust its public half on this machine.

    Args:
        name: what it is called.
        path: of the private key's file; None for ``private_folder()``.
        passphrase: that encrypts the file; empty for none.

    Raises:
        UserError: if the name cannot be used or is taken, or a file cannot be written.
    """
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    _check(name)
    path = (path or private_folder() / f"{name}.key").absolute()
    if name in trusted() or path.exists():
        raise UserError(f"{name}: there is a key of that name ({path}); choose another name, or `ptassess keys show`")
    secret = Ed25519PrivateKey.generate()
    encryption = form.BestAvailableEncryption(passphrase) if passphrase else form.NoEncryption()
    pem = secret.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, encryption)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(pem)
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror}); name another place with --out") from None
    made = PrivateKey(_public_half(secret, name), path, secret)
    trust(made.public)
    return made


def trust(key: PublicKey) -> Path:
    """Count on a key from now on.

    Args:
        key: with the name that it is to have here.

    Returns:
        The file.

    Raises:
        UserError: if another key has the name, this one has another, or the file cannot be written.
    """
    _check(key.name)
    for known in trusted().values():
        if (known.name == key.name) != (known.text == key.text):
            raise UserError(f"{known.name}: is trusted already ({known.fingerprint}); `ptassess keys untrust` drops it")
    path = trusted_folder() / f"{key.name}.pub"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(f"{key.line}\n", encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror})") from None
    return path


def untrust(name: str) -> Path:
    """Count on a key no more.

    Args:
        name: of the key.

    Returns:
        The file that was removed.

    Raises:
        UserError: if there is none of that name, or it is one's own.
    """
    if name in own():
        raise UserError(f"{name}: your own key; remove {own()[name]} first if you want to give it up")
    if name not in trusted():
        raise UserError(f"{name}: no key of that name is trusted; `ptassess keys list` shows them")
    path = trusted_folder() / f"{name}.pub"
    path.unlink()
    return path


def trusted() -> dict[str, PublicKey]:
    """The keys whose word counts here, by name.

    Raises:
        UserError: if a file of ``trusted_folder()`` cannot be used.
    """
    found = {}
    for path in sorted(trusted_folder().glob("*.pub")):
        found[path.stem] = replace(_read_public(path), name=path.stem)
    return found


def own() -> dict[str, Path]:
    """The files of ``private_folder()``, by name."""
    return {path.stem: path for path in sorted(private_folder().glob("*.key"))}


def find(named: str) -> PublicKey:
    """A public key.

    Args:
        named: the name of a trusted one, a file, or the line itself.

    Raises:
        UserError: if there is none.
    """
    if named in (known := trusted()):
        return known[named]
    if named.startswith(_KIND):
        try:
            return PublicKey.parse(named)
        except ValueError as error:
            raise UserError(f"{named[:80]}: {error}") from None
    if not Path(named).is_file():
        names = ", ".join(known) or "none yet"
        raise UserError(f"{named}: no such key; name a file, or a trusted key ({names})")
    return _read_public(Path(named))


def private_key(named: str | None, ask: Callable[[str], bytes | None]) -> PrivateKey | None:
    """One's private key.

    Args:
        named: its name or its file; None for the only one that there is.
        ask: takes the key's name and gives its passphrase, or None if nobody can be asked.

    Returns:
        The key; None if none was named and there is none.

    Raises:
        UserError: if it cannot be used, or none was named and there are several.
    """
    mine = own()
    if named is None:
        if len(mine) > 1:
            raise UserError(f"there are several keys ({', '.join(mine)}); name one with --key")
        if not mine:
            return None
        (named,) = mine
    path = mine.get(named, Path(named))
    try:
        pem = path.read_bytes()
        mode = path.stat().st_mode
    except OSError as error:
        raise UserError(
            f"{named}: no such key ({error.strerror}); `ptassess keys list` shows yours, `ptassess keys new` makes one"
        ) from None
    if mode & 0o077:
        raise UserError(f"{path}: others can read this private key (mode {mode & 0o777:04o}); chmod 600 {path}")
    secret = _open(path, pem, lambda: ask(path.stem))
    public = _public_half(secret, "")
    names = [known.name for known in trusted().values() if known.text == public.text]
    return PrivateKey(replace(public, name=names[0] if names else path.stem), path.resolve(), secret)


def _open(path: Path, pem: bytes, ask: Callable[[], bytes | None]) -> Ed25519PrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    passphrase = None
    try:
        if b"-----BEGIN ENCRYPTED PRIVATE KEY-----" in pem:
            passphrase = ask()
            if not passphrase:
                raise UserError(f"{path}: needs its passphrase; set PTASSESS_PASSPHRASE, or type this in a terminal")
        secret = load_pem_private_key(pem, passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        why = "the passphrase is another one" if passphrase else "not a private key in PEM form"
        raise UserError(f"{path}: cannot be used: {why}") from None
    if not isinstance(secret, Ed25519PrivateKey):
        raise UserError(f"{path}: a key of another kind; `ptassess keys new` makes an Ed25519 one")
    return secret


def _public_half(secret: Ed25519PrivateKey, name: str) -> PublicKey:
    blob = _HEAD + secret.public_key().public_bytes_raw()
    return PublicKey(f"{_KIND} {base64.b64encode(blob).decode()}", name)


def _read_public(path: Path) -> PublicKey:
    try:
        return PublicKey.parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    except ValueError:
        raise UserError(f"{path}: not a public key; it is a line such as `ssh-ed25519 AAAA… name`") from None


def _check(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise UserError(f"{name[:80]!r}: a key's name is up to 64 letters, digits and . _ @ -; it begins with no mark")
