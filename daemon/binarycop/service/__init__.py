"""The loop: lanes, classifier and time, put together and run."""
