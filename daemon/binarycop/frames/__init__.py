"""Where frames come from: one owner per source, the newest frame wins."""
