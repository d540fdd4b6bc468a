"""The GPIO lines of a lane: relay, lamps, heartbeat and inputs, as gpiozero devices."""
