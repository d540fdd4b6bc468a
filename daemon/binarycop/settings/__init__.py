"""Settings: YAML files to frozen dataclasses, with errors that name file, line and key."""
