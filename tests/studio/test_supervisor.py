"""Workers leave with whoever started them, even one that is gone before they have begun."""

import os
import subprocess
import sys
from pathlib import Path

from medgan_fashion.studio.settings import Settings


def test_a_worker_without_its_parent_leaves_at_once(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    environment = os.environ | Settings(home=str(tmp_path / "home")).environment()
    command = [sys.executable, "-m", "medgan_fashion.studio.worker", "desk", str(gone.pid)]
    assert subprocess.run(command, env=environment, timeout=120).returncode == 1
