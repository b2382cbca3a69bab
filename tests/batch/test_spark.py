"""The same command as the worker of an engine for more than one machine: Spark's `RDD.pipe`, here on this one."""

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from batches import small_rules

pytestmark = [
    pytest.mark.skipif(find_spec("pyspark") is None, reason="pyspark is not installed: pip install '.[spark]'"),
    pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java, and there is none"),
]
JOB = """
import json, sys
from pyspark.sql import SparkSession

session = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
session.sparkContext.setLogLevel("OFF")
rows = [json.dumps({"id": str(n), "date": "soon" if n == 3 else "2026-11-20", "time": "16:30"}) for n in range(5)]
lines = session.sparkContext.parallelize(rows, 7).pipe(sys.argv[1], checkCode=True).collect()
with open(sys.argv[2], "w", encoding="utf-8") as out:
    out.write("\\n".join(lines))
session.stop()
"""


def test_spark_pipes_rows_through_batch(tmp_path: Path) -> None:
    # Seven partitions for five rows: some are empty, which is no error either.
    out = tmp_path / "lines"
    worker = (
        f"{sys.executable} -m needlecare batch - --errors inline --tz Europe/London --rules {small_rules(tmp_path)}"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYSPARK_PYTHON": sys.executable}
    ran = subprocess.run(
        [sys.executable, "-c", JOB, worker, str(out)], capture_output=True, env=env, timeout=120, check=False
    )
    assert ran.returncode == 0, ran.stderr.decode()[-2000:]
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [line["id"] for line in lines] == [str(number) for number in range(5)]
    assert ["error" in line for line in lines] == [number == 3 for number in range(5)]
    assert lines[0]["windows"][0]["rule"] == "makeup"
