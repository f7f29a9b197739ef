"""What a submission's name, place and neighbours can do to a batch: nothing but become a row."""

import json
import os
import shutil
from pathlib import Path

import pytest

from ptassess import store
from ptassess.entries import find, name_all
from ptassess.errors import SubmissionError, UserError
from ptassess.grading import grade, score_of, survey

PACK = Path(__file__).parent / "packs" / "double"
HOW = {"packs": [PACK], "only": ["double"]}
RIGHT = "def double(x): return x + x\ndef triple(x): return 3 * x\n"


def hand_in(folder, source=RIGHT):
    (folder / "solutions").mkdir(parents=True)
    (folder / "solutions" / "double.py").write_text(source)
    return folder


def names(folder):
    return [path.name for path in find([folder]).submissions]


class TestRosters:
    def test_a_submission_s_own_is_none(self, tmp_path):
        hand_in(tmp_path / "alice")
        hand_in(tmp_path / "mallory")
        (tmp_path / "mallory" / "roster.csv").write_text("submission,candidate\nalice,Mallory\nmallory,Alice\n")
        for paths in ([tmp_path / "alice", tmp_path / "mallory"], [tmp_path / "mallory"], [tmp_path]):
            assert find(paths).roster() is None

    def test_the_one_among_the_submissions_is_taken_unless_it_is_a_link(self, tmp_path):
        hand_in(tmp_path / "in" / "alice")
        roster = tmp_path / "in" / "roster.csv"
        roster.write_text("submission,candidate\nalice,Alice\nbob,Bob\n")
        assert dict(survey(find([tmp_path / "in"]), tmp_path / "out", **HOW)) == {"Alice": "to be judged"}
        assert find([tmp_path / "in"]).roster() == roster
        roster.rename(tmp_path / "elsewhere.csv")
        roster.symlink_to(tmp_path / "elsewhere.csv")
        assert find([tmp_path / "in"]).roster() is None

    def test_two_of_them_are_one_too_many(self, tmp_path):
        for folder in (tmp_path / "a", tmp_path / "b"):
            hand_in(folder / "alice")
            (folder / "roster.csv").write_text("submission,candidate\nalice,Alice\n")
        with pytest.raises(UserError, match="two rosters; name one with --roster"):
            find([tmp_path / "a", tmp_path / "b"]).roster()

    def test_two_submissions_of_one_name_are_told_apart_and_nobody_takes_another_s_name(self, tmp_path):
        paths = [tmp_path / name for name in ("alice.zip", "alice", "Alice Miller", "bob")]
        named = name_all(paths, {"alice": "Alice Miller", "bob": "Bob"})
        assert [named[path].candidate for path in paths] == [
            "Alice Miller (alice.zip)",
            "Alice Miller (alice)",
            "Alice Miller (not in the roster)",
            "Bob",
        ]


class TestWhatIsASubmission:
    def test_solutions_handed_in_bare_do_not_swallow_the_others(self, tmp_path):
        hand_in(tmp_path / "alice")
        (tmp_path / "solutions").mkdir()
        with pytest.raises(SubmissionError, match=r"solutions/ in it\) and a folder of submissions \(alice\)"):
            find([tmp_path])

    def test_beside_a_submission_every_path_is_one(self, tmp_path):
        hand_in(tmp_path / "alice")
        hand_in(tmp_path / "mallory" / "bob")
        found = find([tmp_path / "alice", tmp_path / "mallory"])
        assert found.submissions == [tmp_path / "alice", tmp_path / "mallory"]
        assert not found.inboxes

    def test_what_can_be_none_is_a_row_and_notes_are_left_aside(self, tmp_path):
        hand_in(tmp_path / "in" / "alice")
        (tmp_path / "in" / "B.ZIP").write_text("")
        hand_in(tmp_path / "in" / "eve.txt")
        for name in ("c.rar", "d.py", "notes.md", ".DS_Store"):
            (tmp_path / "in" / name).write_text("")
        (tmp_path / "in" / "zzz").symlink_to("alice")
        (tmp_path / "in" / "loop").symlink_to("loop")
        found = find([tmp_path / "in"])
        assert [path.name for path in found.submissions] == ["B.ZIP", "alice", "eve.txt"]
        assert sorted(path.name for path in found.refused) == ["c.rar", "d.py", "loop", "zzz"]
        assert found.told.endswith("left aside: .DS_Store, notes.md")
        rows = grade(found, tmp_path / "out", **HOW)
        told = {row.name: row.reason for row in rows}
        assert told["alice"] == ""
        assert "not a zip file" in told["B"]
        assert told["c.rar"].startswith("neither a folder nor an archive")
        assert told["zzz"].startswith("a link")
        assert "c.rar" in (tmp_path / "out" / "index.html").read_text()

    def test_of_two_paths_to_one_folder_the_first_stays(self, tmp_path):
        alice = hand_in(tmp_path / "alice")
        (tmp_path / "link").symlink_to("alice")
        assert find([alice, tmp_path / "link"]).submissions == [alice]

    def test_a_link_with_an_endless_target_is_a_bad_submission(self, tmp_path):
        hand_in(tmp_path / "in" / "alice")
        (tmp_path / "in" / "bob").mkdir()
        (tmp_path / "in" / "bob" / "solutions").symlink_to("x" * 300)
        found = find([tmp_path / "in" / "bob", tmp_path / "in" / "alice"])
        rows = grade(found, tmp_path / "out", **HOW)
        assert [row.run is None for row in rows] == [True, False]

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may look into every folder")
    def test_a_folder_that_nobody_may_look_into_is_a_bad_submission(self, tmp_path):
        hand_in(tmp_path / "alice")
        (tmp_path / "bob").mkdir(mode=0)
        assert len(find([tmp_path / "alice", tmp_path / "bob"]).submissions) == 2


class TestNames:
    @pytest.mark.parametrize("name", ["index.html", "similarity-001.HTML", "run.json", "a.csv", "pytest.log"])
    def test_no_folder_of_results_is_called_like_a_file_of_them(self, tmp_path, name):
        (called,) = name_all([tmp_path / name], {}).values()
        assert called.folder == f"{name}_"

    @pytest.mark.parametrize("name", ["...zip", "....tar.gz", ".eve"])
    def test_none_is_hidden_or_leads_upwards(self, tmp_path, name):
        (called,) = name_all([tmp_path / name], {}).values()
        assert called.folder.startswith("_.")

    def test_none_is_too_long_for_a_file_system(self, tmp_path):
        long = Path(os.fsdecode(tmp_path.joinpath("😀" * 62).__fspath__().encode() + b"\xff\xfe"))
        for called in name_all([long, tmp_path / "in" / long.name], {}).values():
            assert len(called.folder.encode()) < 255
            (tmp_path / called.folder).mkdir()

    def test_two_that_differ_in_case_only_have_two_folders(self, tmp_path):
        called = name_all([tmp_path / "ada", tmp_path / "ADA"], {}).values()
        assert len({name.folder.casefold() for name in called}) == 2

    def test_a_batch_with_all_of_them_comes_to_its_end(self, tmp_path):
        for name in ("alice", "index.html", "similarity.html", "run.json"):
            hand_in(tmp_path / "in" / name)
        (tmp_path / "in" / ("😀" * 62)).mkdir()
        rows = grade(find([tmp_path / "in"]), tmp_path / "out", jobs=2, **HOW)
        assert sorted(round(score_of(row)) for row in rows) == [0, 100, 100, 100, 100]
        assert (tmp_path / "out" / "index.html").is_file()
        assert len(store.read_all([tmp_path / "out"])) == 4


class TestResultsAmongSubmissions:
    def test_a_result_that_was_handed_in_is_none(self, tmp_path, monkeypatch):
        """A folder called like that of the results, with a run file in which everything has passed."""
        inbox = tmp_path / "in"
        hand_in(inbox / "mallory", "def double(x): return x\n")
        (graded,) = grade(find([inbox]), tmp_path / "out", **HOW)
        forged = json.loads((tmp_path / "out" / "mallory" / "run.json").read_text())
        for check in forged["checks"]:
            check.update(outcome="passed", credit=1.0, cause=None)
        (inbox / "graded").mkdir()
        shutil.copytree(tmp_path / "out" / "mallory", inbox / "graded" / "mallory")
        (inbox / "graded" / "mallory" / "run.json").write_text(json.dumps(forged))
        monkeypatch.chdir(inbox)
        with pytest.raises(UserError, match="the results cannot lie"):
            grade(find([Path()]), Path("graded"), **HOW)
        assert score_of(graded) < 50

    @pytest.mark.parametrize("out", ["in", "in/graded", "in/alice", "in/alice/graded"])
    def test_wherever_they_lie(self, tmp_path, out):
        hand_in(tmp_path / "in" / "alice")
        with pytest.raises(UserError, match="the results cannot lie"):
            grade(find([tmp_path / "in"]), tmp_path / out, **HOW)

    def test_nor_may_a_submission_lie_among_results(self, tmp_path):
        with pytest.raises(UserError, match="the results cannot lie with the submission"):
            grade([hand_in(tmp_path / "out" / "alice")], tmp_path / "out", **HOW)

    def test_beside_one_that_is_named_they_may(self, tmp_path, monkeypatch):
        hand_in(tmp_path / "alice")
        monkeypatch.chdir(tmp_path)
        assert dict(survey(find([Path("alice")]), Path("graded"), **HOW)) == {"alice": "to be judged"}
