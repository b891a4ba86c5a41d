"""What checkov has to say of rendered manifests. It is large: uv installs it once, into an environment of its own."""

import json
import subprocess
from collections import Counter
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
CHECKOV = "checkov==3.3.30"
INSTALL_AND_RUN_SECONDS = 300


def findings(folder: Path) -> tuple[set[tuple[str, str, str]], Counter[str]]:
    """What failed: file, check and resource. And how many checks of each file passed."""
    options = ("--framework", "kubernetes", "--skip-download", "--output", "json", "--soft-fail")
    done = subprocess.run(
        [
            *(PROJECT / "embedded" / "uv.sh", "tool", "run", "--quiet", "--from", CHECKOV),
            *("checkov", *options, "--directory", folder),
        ],
        capture_output=True,
        text=True,
        timeout=INSTALL_AND_RUN_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)["results"]
    failed = {
        (Path(check["file_path"]).stem, check["check_id"], check["resource"].rsplit(".", 1)[-1])
        for check in results["failed_checks"]
    }
    return failed, Counter(Path(check["file_path"]).stem for check in results["passed_checks"])
