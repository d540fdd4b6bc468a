"""The command ``binarycop``."""
