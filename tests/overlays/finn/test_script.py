"""build.sh, with a fake FINN: one script that prints what it is asked to run."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from overlays.finn import build
from tests.patience import PATIENCE_S

SCRIPT = Path(build.__file__).with_name("build.sh")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that contains only the script, and a fake FINN next to it."""
    (tmp_path / "project/overlays/finn").mkdir(parents=True)
    (tmp_path / "finn").mkdir()
    shutil.copy(SCRIPT, tmp_path / "project/overlays/finn")
    docker = tmp_path / "finn/run-docker.sh"
    docker.write_text('#!/bin/sh\necho "$PWD" "$FINN_XILINX_VERSION" "$FINN_DOCKER_EXTRA"\ncat "$2"\nsh -n "$2"\n')
    docker.chmod(0o755)
    return tmp_path / "project"


def run(project: Path, *words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    clean = {name: value for name, value in os.environ.items() if not name.startswith("FINN")}
    command = [str(project / "overlays/finn/build.sh"), *words]
    return subprocess.run(
        command,
        env=clean | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
        cwd=project.parent,
    )


def test_the_build_runs_in_finns_container_which_can_access_the_project(project: Path) -> None:
    ran = run(project, "finn", "n-cnv", "--flavour", "paper", FINN_XILINX_PATH="/tools/Xilinx")
    assert ran.returncode == 0, ran.stderr
    first, *command = ran.stdout.splitlines()
    assert first.split() == [str(project.parent / "finn"), "2022.2", "-v", f"{project}:{project}"]
    assert f"cd {project}" in command
    assert command[-1].endswith("-m overlays.finn.build --out work/finn n-cnv --flavour paper")


def test_without_vivado_or_a_network_the_error_says_what_is_missing(project: Path) -> None:
    ran = run(project, "finn", "n-cnv")
    assert ran.returncode != 0
    assert "FINN_XILINX_PATH: set it to the folder that has Vivado/ in it" in ran.stderr
    ran = run(project, "finn")
    assert ran.returncode == 2
    assert ran.stderr.startswith("build.sh FINN_DIR NETWORK")
