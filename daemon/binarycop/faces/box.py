"""A face's place in a frame."""

from dataclasses import dataclass


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

    def overlap(self, other: "Box") -> float:
        """Intersection over union, 0 to 1."""
        width = min(self.x_px + self.width_px, other.x_px + other.width_px) - max(self.x_px, other.x_px)
        height = min(self.y_px + self.height_px, other.y_px + other.height_px) - max(self.y_px, other.y_px)
        if width <= 0 or height <= 0:
            return 0.0
        shared = width * height
        return shared / (self.area_px + other.area_px - shared)


@dataclass(frozen=True)
class Face:
    """A found face: its box and the finder's confidence, 0 to 1."""

    box: Box
    confidence: float
