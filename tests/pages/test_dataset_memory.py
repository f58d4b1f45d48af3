"""The Dataset page keeps within its memory with the whole of NIH's table."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

MOST = 600  # MB
TABLES = ("Data_Entry_2017_v2020.csv.gz", "BBox_List_2017.csv.gz", "train_val_list.txt.gz", "test_list.txt.gz")


@pytest.mark.realdata
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_every_view_of_all_112_120_films_stays_under_600_mb_and_without_tensorflow(
    data_folder: Path, tmp_path: Path
) -> None:
    for name in TABLES:
        (tmp_path / name).symlink_to(data_folder.resolve() / "nih" / name)
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("whole_table.py")), str(tmp_path)], capture_output=True,
        text=True, timeout=1200, env=os.environ | {"CXR_DATA": str(tmp_path)}, check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told = dict(line.split() for line in done.stdout.splitlines())
    assert told["rows"] == "112,120" and told["tensorflow"] == "False"
    assert 100 < float(told["map"]) < MOST, told
