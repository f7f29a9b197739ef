"""Keys: files that only their owner can read, public keys of one line, and a list of those that count."""

import shutil
import stat
import subprocess

import pytest

from ptassess import keys
from ptassess.errors import UserError


@pytest.fixture(autouse=True)
def config(tmp_path, monkeypatch):
    """A user who has no keys yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("PTASSESS_PASSPHRASE", raising=False)
    return tmp_path / "config" / "ptassess"


def nobody(_name):
    return None


def test_a_new_key_lies_in_the_users_folder_where_only_they_can_read_it(config):
    made = keys.create("acme")
    assert made.path == config / "keys" / "acme.key" == keys.private_folder() / "acme.key"
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.path.parent.stat().st_mode) == 0o700


def test_what_a_key_signs_fits_its_public_half_and_nothing_else(config):
    made, other = keys.create("acme"), keys.create("other")
    signature = made.sign(b"a score")
    assert made.public.fits(signature, b"a score")
    assert not made.public.fits(signature, b"a Score")
    assert not made.public.fits(signature[:-1], b"a score")
    assert not other.public.fits(signature, b"a score")


def test_a_key_is_found_again_and_signs_as_before(config):
    made = keys.create("acme")
    again = keys.private_key(None, nobody)
    assert again.public == made.public
    assert again.sign(b"x") == made.sign(b"x")  # Ed25519 draws nothing when it signs


def test_without_a_key_there_is_none():
    assert keys.private_key(None, nobody) is None


def test_of_several_keys_one_has_to_be_named(config):
    keys.create("acme")
    keys.create("beta")
    with pytest.raises(UserError, match=r"several keys \(acme, beta\); name one with --key"):
        keys.private_key(None, nobody)
    assert keys.private_key("beta", nobody).public.name == "beta"


def test_a_passphrase_encrypts_the_file_and_is_asked_for(config):
    made = keys.create("acme", passphrase=b"open")
    assert b"ENCRYPTED" in made.path.read_bytes()
    assert keys.private_key("acme", lambda name: b"open" if name == "acme" else b"").public == made.public
    with pytest.raises(UserError, match="the passphrase is another one"):
        keys.private_key("acme", lambda _: b"wrong")
    with pytest.raises(UserError, match="set PTASSESS_PASSPHRASE"):
        keys.private_key("acme", nobody)


def test_a_key_at_a_named_place_is_used_from_there_and_known_by_its_name(config, tmp_path):
    made = keys.create("acme", tmp_path / "vault" / "signing.pem")
    assert made.path == tmp_path / "vault" / "signing.pem"
    assert keys.own() == {}
    found = keys.private_key(str(made.path), nobody)
    assert (found.public.name, found.path) == ("acme", made.path)


def test_a_private_key_that_others_can_read_is_refused_as_ssh_does(config):
    made = keys.create("acme")
    made.path.chmod(0o640)
    with pytest.raises(UserError, match=r"others can read this private key \(mode 0640\); chmod 600"):
        keys.private_key("acme", nobody)


def test_a_key_never_replaces_another(config, tmp_path):
    made = keys.create("acme")
    before = made.path.read_bytes()
    for place in (None, tmp_path / "elsewhere.pem", made.path):
        with pytest.raises(UserError, match="there is a key of that name"):
            keys.create("acme" if place != made.path else "fresh", place)
    assert made.path.read_bytes() == before
    assert not (tmp_path / "elsewhere.pem").exists()


@pytest.mark.parametrize("name", ["", "../acme", ".hidden", "a b", "x" * 65, "a\nb", "-x"])
def test_a_name_is_fit_for_a_file_and_a_line(name):
    with pytest.raises(UserError, match="a key's name is"):
        keys.create(name)


@pytest.mark.parametrize("text", ["", "nonsense", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_what_is_no_private_key_is_refused_in_one_line(tmp_path, text):
    (tmp_path / "x.key").write_text(text)
    (tmp_path / "x.key").chmod(0o600)
    with pytest.raises(UserError, match=r"\A.*x\.key: cannot be used: not a private key in PEM form\Z"):
        keys.private_key(str(tmp_path / "x.key"), nobody)


def test_a_key_of_another_kind_is_refused(tmp_path):
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    pem = X25519PrivateKey.generate().private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    (tmp_path / "x.key").write_bytes(pem)
    (tmp_path / "x.key").chmod(0o600)
    with pytest.raises(UserError, match="a key of another kind"):
        keys.private_key(str(tmp_path / "x.key"), nobody)


def test_a_public_key_survives_its_line():
    made = keys.create("acme")
    assert keys.PublicKey.parse(made.public.line) == made.public
    assert keys.PublicKey.parse(f"  {made.public.text}\n") == keys.PublicKey(made.public.text)


@pytest.mark.parametrize("change", ["", "ssh-rsa", "short", "curve"])
def test_what_is_no_public_key_is_refused(change):
    text = keys.create("acme").public.text
    lines = {"": "", "ssh-rsa": text.replace("ssh-ed25519", "ssh-rsa"), "short": text[:-4]}
    line = lines.get(change, text.replace("NTE5AAAA", "NTE6AAAA"))
    with pytest.raises(ValueError, match="not a public key"):
        keys.PublicKey.parse(line)


def test_a_fingerprint_is_the_one_that_ssh_prints(tmp_path):
    made = keys.create("acme").public
    # RFC 4648 of SHA-256 over the key's blob, without padding, as ssh-keygen has it
    assert made.fingerprint.startswith("SHA256:")
    assert len(made.fingerprint) == len("SHA256:") + 43
    program = shutil.which("ssh-keygen")
    if program is None:
        pytest.skip("no ssh-keygen here to compare with")
    (tmp_path / "acme.pub").write_text(made.line)
    told = subprocess.run([program, "-lf", tmp_path / "acme.pub"], capture_output=True, text=True, check=True).stdout
    assert told.split()[1:3] == [made.fingerprint, "acme"]


def test_a_key_is_trusted_until_it_is_not(tmp_path, monkeypatch):
    theirs = keys.create("acme").public
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "another user"))
    assert keys.trusted() == {}
    keys.trust(keys.PublicKey(theirs.text, "the-team"))
    assert keys.trusted() == {"the-team": keys.PublicKey(theirs.text, "the-team")}
    keys.trust(keys.PublicKey(theirs.text, "the-team"))  # once more changes nothing
    keys.untrust("the-team")
    assert keys.trusted() == {}
    with pytest.raises(UserError, match="no key of that name is trusted"):
        keys.untrust("the-team")


def test_a_name_stands_for_one_key_and_a_key_has_one_name():
    acme, beta = keys.create("acme").public, keys.create("beta").public
    with pytest.raises(UserError, match="acme: is trusted already"):
        keys.trust(keys.PublicKey(beta.text, "acme"))
    with pytest.raises(UserError, match="acme: is trusted already"):
        keys.trust(keys.PublicKey(acme.text, "gamma"))


def test_ones_own_key_stays_trusted_while_it_is_there():
    made = keys.create("acme")
    with pytest.raises(UserError, match="your own key; remove"):
        keys.untrust("acme")
    made.path.unlink()
    keys.untrust("acme")


def test_a_damaged_list_is_said(config):
    keys.create("acme")
    (config / "trusted" / "odd.pub").write_text("AAAA")
    with pytest.raises(UserError, match=r"odd\.pub: not a public key"):
        keys.trusted()


def test_a_key_is_found_by_name_by_file_and_by_its_line(config, tmp_path):
    public = keys.create("acme").public
    (tmp_path / "mailed.txt").write_text(f"{public.line}\n")
    for named in ("acme", str(tmp_path / "mailed.txt"), public.line):
        assert keys.find(named).text == public.text
    with pytest.raises(UserError, match=r"nobody: no such key; name a file, or a trusted key \(acme\)"):
        keys.find("nobody")


def test_a_relative_config_folder_is_ignored(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert keys.private_folder() == tmp_path / ".config" / "ptassess" / "keys"
