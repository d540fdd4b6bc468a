"""Draws pictures that need no licence: a head before a background, bare or with a mask of any class.

Lengths are in units of the face's height. The y axis points down from the hairline (0) to the chin (1); x = 0 is the
middle of the face. All functions are pure; random values come from the caller's generator.
"""

from binarycop.frames.drawing.appearance import Head, Mask
from binarycop.frames.drawing.head import draw
from binarycop.frames.drawing.scene import add_sensor_noise, background

__all__ = ["Head", "Mask", "add_sensor_noise", "background", "draw"]
