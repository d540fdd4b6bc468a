"""Pictures the project itself owns: a drawn head before a backdrop, with or without a mask worn in any of the ways.

Lengths are in units of the face's height, the y axis points down: y = 0 is the hairline, 1 the chin, x = 0 the
middle. Everything is a pure function of its parameters; what varies is drawn from the caller's generator.
"""

from binarycop.frames.drawing.appearance import Head, Mask
from binarycop.frames.drawing.head import draw
from binarycop.frames.drawing.scene import add_sensor_noise, background

__all__ = ["Head", "Mask", "add_sensor_noise", "background", "draw"]
