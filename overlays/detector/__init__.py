"""The finder ``lookout``: its pictures, network, training and figures."""
