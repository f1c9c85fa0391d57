"""A small, seeded sample of the campaign in benchmarks/faults.py: nothing is lost and no answer is wrong."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_no_fault_loses_anything_or_gives_a_wrong_answer() -> None:
    command = ["benchmarks.faults", "--kills", "4", "--full-disks", "3", "--flips", "10", "--seed", "7"]
    # In a process of its own: it forks, which threads of other tests would not survive.
    ended = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "| all | lost or wrong answers | 0 |" in ended.stdout
