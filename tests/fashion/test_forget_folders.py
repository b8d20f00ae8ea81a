from pathlib import Path

import pytest

from medgan_fashion.fashion.run.forget import finish, swap


@pytest.mark.parametrize("renames", [0, 1, 2])
def test_a_kill_between_two_renames_loses_no_folder(
    renames: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, rename, done = tmp_path / "stages" / "one", Path.rename, []
    folder.mkdir(parents=True)
    (folder / "file.txt").write_text("old")

    def killed(self: Path, target: Path) -> Path:
        if len(done) == renames:
            raise KeyboardInterrupt
        done.append(target)
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", killed)
    monkeypatch.setattr("shutil.rmtree", lambda path: pytest.fail("removed") if renames < 2 else None)
    if renames < 2:
        with pytest.raises(KeyboardInterrupt):
            swap(folder, lambda draft: (draft / "file.txt").write_text("new"))
    else:
        swap(folder, lambda draft: (draft / "file.txt").write_text("new"))
    monkeypatch.undo()
    assert folder.exists() == (renames != 1)
    finish(tmp_path)
    assert (folder / "file.txt").read_text() == ("old" if renames == 0 else "new")
    assert [path.name for path in folder.parent.iterdir()] == ["one"]
