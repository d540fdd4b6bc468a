"""BinaryCoP's gate controller: camera frames in, a speed gate's permission out, nothing else.

In Python, ``open`` gives a network that classifies crops and pictures. ``binarycop.api`` has the types of its answers.
"""

TYPE_CHECKING = False  # the constant of ``typing``, whose import would take longer than the whole ``--version``
if TYPE_CHECKING:
    from os import PathLike

    from binarycop.api import MaskClassifier

__all__ = ["__version__", "open"]

__version__ = "0.4.0"


def open(  # noqa: A001 - as gzip.open and PIL.Image.open: it is called with its module's name
    bundle: "str | PathLike[str]" = "n-cnv", backend: str = "auto", *, finder: str = "auto", views: int = 6
) -> "MaskClassifier":
    """Open a bundle on a backend, and check both with the golden vectors and a drawn face, as the daemon does.

    bundle: ``cnv``, ``n-cnv``, ``u-cnv``, or the path of a bundle's folder: a ``Path``, or a text with a slash in it.
    backend: ``emulator``, ``overlay``, ``simulated-board``, ``simulated-rtl``, or ``auto``: the overlay if it is loaded
    and this process may use it, else the emulator. finder: the face detector of ``look``: ``auto``, ``lookout``,
    ``yunet`` or ``fixed``. views: how many crops of each face ``look`` classifies, 1 to 10.

    Use it in a ``with`` block, or call ``close``. Raises ValueError for a value that is none of these, BundleError if
    the bundle is refused, BackendError if the backend cannot run here.
    """
    from binarycop.api.opening import open_by_name  # noqa: PLC0415 - numpy and OpenCV take seconds to import on a board

    return open_by_name(bundle, backend, finder=finder, views=views)
