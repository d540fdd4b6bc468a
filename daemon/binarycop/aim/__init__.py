"""What an installer needs while the camera is mounted: figures of the newest seconds, and a judgement in words."""
