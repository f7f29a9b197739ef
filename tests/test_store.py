"""Run files are whole or not there, and say what to do when they cannot be read."""

import json

import pytest

from ptassess import store
from ptassess.errors import RunFileError


def test_a_run_survives_writing_and_reading(tmp_path, make_run):
    run = make_run(seed=3)
    store.write(run, tmp_path / "new" / "run.json")
    assert store.read(tmp_path / "new" / "run.json") == run
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["run.json"]


def test_writing_replaces_a_whole_file_by_a_whole_file(tmp_path, make_run):
    path = tmp_path / "run.json"
    path.write_text("old")
    store.write(make_run(seed=4), path)
    assert store.read(path).candidate == make_run(seed=4).candidate


def test_a_run_of_a_newer_version_says_what_to_install(tmp_path):
    (tmp_path / "run.json").write_text(json.dumps({"schema": 99, "ptassess": "7.1", "whatever": 1}))
    with pytest.raises(RunFileError, match=r"written by ptassess 7\.1 \(format 99; .*pip install -U ptassess"):
        store.read(tmp_path / "run.json")


def test_what_a_file_says_of_itself_is_told_in_one_line_that_does_nothing_to_a_terminal(tmp_path):
    for text in ('{"schema": 99, "ptassess": "7\\n\\u001b[31m\\u202e1"}', '{"schema": 1, "stamp": "\\n\\u001b[31m"}'):
        (tmp_path / "run.json").write_text(text)
        with pytest.raises(RunFileError) as caught:
            store.read(tmp_path / "run.json")
        assert str(caught.value).isprintable()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"schema": "x"}', '{"schema": 1, "checks": 3}', "\x00\xff"])
def test_what_is_no_run_file_is_refused_in_one_line(tmp_path, text):
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(RunFileError, match=r"\A.*run\.json: not a run file \(.*\)\Z"):
        store.read(tmp_path / "run.json")


def test_a_missing_run_file_and_a_folder_without_one_are_refused_in_one_line(tmp_path):
    with pytest.raises(RunFileError, match="cannot be read"):
        store.read(tmp_path / "none.json")
    with pytest.raises(RunFileError, match="no run files there"):
        store.read_all([tmp_path])


def test_an_unwritable_place_is_named(make_run):
    from pathlib import Path

    with pytest.raises(RunFileError, match=r"/proc/nowhere/run\.json: cannot be written"):
        store.write(make_run(), Path("/proc/nowhere/run.json"))


def test_the_schema_describes_every_field_of_a_run():
    schema = store.json_schema()
    assert set(schema["$defs"]["Run"]["properties"]) >= {"schema", "checks", "run_seed_hash", "isolation", "findings"}
