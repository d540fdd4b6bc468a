"""Every extra that setup.cfg offers is installed by ``make test-install``, or is one for a checkout."""

import configparser

from tests.system.host import ROOT
from tests.system.install.run import EXTRAS

FOR_A_CHECKOUT = {"test", "train"}


def test_every_extra_is_tried_in_a_fresh_environment_or_is_for_a_checkout() -> None:
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    assert set(settings["options.extras_require"]) == set(EXTRAS) | FOR_A_CHECKOUT
