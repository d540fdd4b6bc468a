"""What is public: the names of ``binarycop`` and ``binarycop.api``, and how cheap the package is to import."""

import inspect
import subprocess
import sys

import binarycop
from binarycop import api
from binarycop.settings.classifier import ClassifierSettings
from tests.patience import PATIENCE_S

MODULES = ("cv2", "numpy", "gpiozero", "yaml", "typing", "dataclasses")


def test_the_package_has_its_version_and_open() -> None:
    assert binarycop.__all__ == ["__version__", "open"]
    parameters = inspect.signature(binarycop.open).parameters
    assert list(parameters) == ["bundle", "backend", "finder", "views"]


def test_the_api_has_these_names_and_no_other() -> None:
    assert api.__all__ == [
        "Answer", "BackendError", "BinaryCoPError", "Box", "Bundle", "BundleError", "DetectorError", "FaceAnswer",
        "Layer", "LayerWeights", "Look", "Manifest", "MaskClass", "MaskClassifier", "UndecodableFrame",
    ]  # fmt: skip
    assert all(hasattr(api, name) for name in api.__all__)


def test_open_has_the_defaults_of_the_settings() -> None:
    parameters = inspect.signature(binarycop.open).parameters
    defaults = ClassifierSettings()
    assert (parameters["bundle"].default, parameters["views"].default) == (defaults.bundle, defaults.views)


def test_the_package_alone_imports_nothing_of_weight() -> None:
    program = f"import sys\nimport binarycop\nprint(*[name for name in {MODULES} if name in sys.modules])"
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{program}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE_S)
    assert done.stdout.split() == []
