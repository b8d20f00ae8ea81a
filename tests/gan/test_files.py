"""A file is whole or absent, and a full disk leaves the old one."""

import errno
from pathlib import Path

import pytest

from medgan_fashion.base.files import write_whole


def test_a_full_disk_leaves_the_old_file_and_no_rubbish(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    write_whole(path, lambda part: part.write_text("old"))

    def refuse(part: Path) -> None:
        part.write_text("ne")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match=r"checkpoint\.pt.*free some space"):
        write_whole(path, refuse)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["checkpoint.pt"]
