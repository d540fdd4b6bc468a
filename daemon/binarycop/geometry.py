"""Boxes in a frame, and the square that is cut around one. No pixels."""

from dataclasses import dataclass

SIDE_PX = 32
"""Side of the network's input, in pixels (paper, section III)."""


@dataclass(frozen=True)
class Box:
    """An upright rectangle in pixels of the frame; it may reach over the frame's edge."""

    x_px: float
    y_px: float
    width_px: float
    height_px: float

    @property
    def area_px(self) -> float:
        """Area in square pixels."""
        return max(self.width_px, 0.0) * max(self.height_px, 0.0)

    @property
    def centre(self) -> tuple[float, float]:
        """Centre (x, y) in pixels."""
        return self.x_px + self.width_px / 2, self.y_px + self.height_px / 2

    def iou(self, other: "Box") -> float:
        """Intersection over union, 0 to 1."""
        width = min(self.x_px + self.width_px, other.x_px + other.width_px) - max(self.x_px, other.x_px)
        height = min(self.y_px + self.height_px, other.y_px + other.height_px) - max(self.y_px, other.y_px)
        if width <= 0 or height <= 0:
            return 0.0
        shared = width * height
        return shared / (self.area_px + other.area_px - shared)


@dataclass(frozen=True)
class CropGeometry:
    """How much of the surroundings a bundle was trained to see around a face's box.

    margin: side of the square, in multiples of the box's longer side.
    shift_y: the square's centre below the box's centre, in multiples of that side.
    """

    margin: float = 1.1
    shift_y: float = 0.0
