"""Packages, manual pages, the USB stick and its installer: everything between a checkout and a running gate."""
