"""What a network looks at: Grad-CAM heat maps."""
