"""Opens what ``binarycop.open`` and ``binarycop classify`` use: the daemon's bundle, backend and detector."""

import os
from dataclasses import replace

from binarycop.accelerator.base import FpgaManager
from binarycop.accelerator.fpga_manager import SysfsFpgaManager
from binarycop.api.mask_classifier import MaskClassifier
from binarycop.bundle import files as bundles
from binarycop.bundle.search import find_bundle
from binarycop.detection.choose import make_detector
from binarycop.detection.views import VIEWS
from binarycop.errors import OverlayInUse
from binarycop.service.auto_backend import why_not_overlay
from binarycop.service.backends import open_checked
from binarycop.settings.classifier import Backend, ClassifierSettings
from binarycop.settings.faces import DetectorKind, FacesSettings
from binarycop.settings.verdict import VerdictSettings

AUTO = "auto"


def open_by_name(bundle: str | os.PathLike[str], backend: str, *, finder: str, views: int) -> MaskClassifier:
    """See ``binarycop.open``."""
    if not isinstance(bundle, (str, os.PathLike)):
        raise TypeError(f"a bundle is a {type(bundle).__name__}, not a name or the path of a folder")
    # A ``Path`` is a path even without a slash in it.
    name = bundle if isinstance(bundle, str) else os.path.join(os.curdir, bundle)
    names = [kind.value for kind in Backend]
    finders = [kind.value for kind in DetectorKind]
    if backend not in (AUTO, *names):
        raise ValueError(f"there is no backend {backend!r}; write {AUTO}, {', '.join(names)}")
    if finder not in finders:
        raise ValueError(f"there is no finder {finder!r}; write {', '.join(finders)}")
    if views not in range(1, len(VIEWS) + 1):
        raise ValueError(f"there are 1 to {len(VIEWS)} views, not {views!r}")
    return open_settings(
        ClassifierSettings(bundle=name, views=int(views)),
        FacesSettings(finder=DetectorKind(finder)),
        VerdictSettings(),
        None if backend == AUTO else Backend(backend),
    )


def open_settings(
    settings: ClassifierSettings,
    faces: FacesSettings,
    verdict: VerdictSettings,
    backend: Backend | None,
    manager: FpgaManager | None = None,
) -> MaskClassifier:
    """Open a bundle and the detector of these settings.

    backend: instead of that of the settings; None: the overlay if this process may use it, else the emulator.
    manager: None is the kernel's. Raises BundleError, BackendError, of which OverlayInUse if a backend overlay has
    another user.
    """
    bundle, why_emulator, classifier = bundles.load(find_bundle(settings.bundle)), "", None
    if backend is None:
        why_emulator = why_not_overlay(bundle, settings.overlay.memory, manager or SysfsFpgaManager())
        try:
            classifier = None if why_emulator else open_checked(replace(settings, backend=Backend.OVERLAY), bundle)
        except OverlayInUse as error:  # somebody was faster
            why_emulator, classifier = error.reason, None
        backend = Backend.EMULATOR if classifier is None else Backend.OVERLAY
    return MaskClassifier(
        bundle,
        classifier or open_checked(replace(settings, backend=backend), bundle),
        lambda: make_detector(faces, subtract_background=False),
        views=settings.views,
        limit=verdict.effective_margin(bundle.manifest.abstain_margin),
        why_emulator=why_emulator,
    )
