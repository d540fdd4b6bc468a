"""What setup.cfg cannot say: the package has the bundles, and a description in which every link leads somewhere."""

import re
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

BUNDLES = "binarycop.bundles"
PICTURE = re.compile(r"!\[[^\]]*\]\((?!https?:)")
LINK = re.compile(r"\[([^\]]+)\]\((?!https?:)([^)#]+)[^)]*\)")
NOTE = "Every path in this text is one in the source distribution."


class BuildWithBundles(build_py):
    """Adds ``binarycop/bundles``, which has data only: its files are those of ``package_data`` in setup.cfg.

    They stay in overlays/, where training writes them. An editable installation finds them there.
    """

    def finalize_options(self) -> None:
        """See distutils."""
        super().finalize_options()
        if not getattr(self, "editable_mode", False):  # setuptools 64 was the first to have it
            self.packages = [*self.packages, BUNDLES]
            self.package_dir[BUNDLES] = "overlays/bundles"


def long_description(readme: str) -> str:
    """README.md as a package index shows it, which has no other page and no picture of the repository.

    A paragraph that begins with such a picture is left out; a link to another page becomes its text and that page's
    path.
    """
    paragraphs = [paragraph for paragraph in readme.split("\n\n") if not PICTURE.match(paragraph)]
    return LINK.sub(_with_path, "\n\n".join([*paragraphs, NOTE]))


def _with_path(link: re.Match[str]) -> str:
    text, path = link[1], link[2]
    return text if text.rstrip("/") == path.rstrip("/") else f"{text} ({path})"


if __name__ == "__main__":
    readme = (Path(__file__).resolve().parent / "README.md").read_text(encoding="utf-8")
    setup(cmdclass={"build_py": BuildWithBundles}, long_description=long_description(readme))
