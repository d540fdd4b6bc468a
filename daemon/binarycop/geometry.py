"""Boxes in a frame, and the square that is cut out around a face. No pixels here."""

from dataclasses import dataclass

SIDE_PX = 32
"""Side of the classifier's input, in pixels (BinaryCoP paper, section III)."""


@dataclass(frozen=True)
class Box:
    """An upright rectangle in pixels of the frame. It may extend beyond the frame's edge."""

    x_px: float
    y_px: float
    width_px: float
    height_px: float

    @staticmethod
    def centred(x_px: float, y_px: float, width_px: float, height_px: float) -> "Box":
        """The box of this size with its centre at (x, y)."""
        return Box(x_px - width_px / 2, y_px - height_px / 2, width_px, height_px)

    @property
    def area_px(self) -> float:
        """Area in square pixels."""
        return max(self.width_px, 0.0) * max(self.height_px, 0.0)

    @property
    def centre(self) -> tuple[float, float]:
        """Centre (x, y) in pixels."""
        return self.x_px + self.width_px / 2, self.y_px + self.height_px / 2

    @property
    def longer_px(self) -> float:
        """The longer side in pixels."""
        return max(self.width_px, self.height_px)

    @property
    def shorter_px(self) -> float:
        """The shorter side in pixels."""
        return min(self.width_px, self.height_px)

    def iou(self, other: "Box") -> float:
        """Intersection over union, 0 to 1."""
        width = min(self.x_px + self.width_px, other.x_px + other.width_px) - max(self.x_px, other.x_px)
        height = min(self.y_px + self.height_px, other.y_px + other.height_px) - max(self.y_px, other.y_px)
        if width <= 0 or height <= 0:
            return 0.0
        intersection = width * height
        return intersection / (self.area_px + other.area_px - intersection)


@dataclass(frozen=True)
class CropGeometry:
    """How the crop's square is placed around a face's box. Each bundle has the values that it was trained with.

    margin: a scale factor: side of the square, in multiples of the box's longer side.
    shift_y: how far the square's centre is below the box's centre, in multiples of the box's longer side.
    """

    margin: float
    shift_y: float
