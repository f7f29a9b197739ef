"""Seeds: everything that is drawn follows from two of them, in any order."""

import pytest

from ptassess import exam
from ptassess.errors import UserError


def test_a_derived_seed_depends_on_every_part_and_on_their_borders():
    seeds = [exam.derive(*parts) for parts in [(1,), (2,), (1, "a"), (1, "a", "b"), (1, "ab"), (1, "b", "a"), (11,)]]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**64 for seed in seeds)


def test_a_derived_seed_is_the_same_on_every_machine():
    # printf '1\\0linear_algebra\\0test_x\\0rng' | sha256sum | cut -c1-16
    assert exam.derive(1, "linear_algebra", "test_x", "rng") == 0xCB6CA32A266E20F6


def test_the_commitment_tells_the_seeds_apart():
    assert exam.commit(1) != exam.commit(2)
    assert len(exam.commit(1)) == 64


def test_an_exam_is_read_and_its_digest_covers_its_content(tmp_path):
    path = tmp_path / "exam.toml"
    path.write_text('name = "short"\ntitle = "Short"\nseed = 7\nminutes = 60\n[tasks]\n"a.b" = 3\n')
    read = exam.read(path)
    assert (read.name, read.seed, read.tasks) == ("short", 7, {"a.b": 3})
    path.write_text(path.read_text().replace("= 3", "= 4"))
    assert exam.read(path).digest() != read.digest()


@pytest.mark.parametrize("text", ["name = ", "seed = 'x'", "unknown = 1"])
def test_what_is_no_exam_is_refused_in_one_line(tmp_path, text):
    (tmp_path / "exam.toml").write_text(text)
    with pytest.raises(UserError, match=r"\A.*exam\.toml: not an exam \(.*\)\Z"):
        exam.read(tmp_path / "exam.toml")


def test_a_missing_exam_is_refused_in_one_line(tmp_path):
    with pytest.raises(UserError, match="cannot be read"):
        exam.read(tmp_path / "exam.toml")
