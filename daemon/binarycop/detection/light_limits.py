"""When a picture is too dark or a face is backlit: limits for judging how a camera is placed. Pure: no picture here.

They are starting points: no camera at a gate was available to measure with. The photographs are the 103 of real_photos
in ../shared/data in which lookout finds a face.
"""

LEAST_BRIGHTNESS = 40.0
"""Least brightness of a face. At 29, 41 % of the frames of photographs gave no vote instead of 31 %; 40 leaves some
reserve, since the hour in which a camera is mounted is rarely the darkest."""

BACKLIT = 2.0
"""A face is backlit if what is behind it is this many times as bright, and it is darker than ``BACKLIT_BRIGHTNESS``.

Twice as bright is two stops, a factor of four in light: luma is coded with an exponent of about 0.45. Both hold for 6
of 103 photographs in ordinary light.
"""

BACKLIT_BRIGHTNESS = 80.0
"""See ``BACKLIT``. Without it, dark skin or a black mask in front of a white wall would be called backlit."""

LEAST_RATE = 0.8
"""Least share of the rate that was asked for: cameras that expose for longer in the dark halve it."""
