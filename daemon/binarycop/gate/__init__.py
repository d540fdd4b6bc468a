"""The gate's permission as a pure state machine."""
