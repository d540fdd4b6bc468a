"""From a checkout to a running gate: packages, manual pages, the stick and its installer."""
