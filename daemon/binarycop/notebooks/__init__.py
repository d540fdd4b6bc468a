"""Notebooks for Jupyter. On a board ``pynq get-notebooks binarycop`` copies them to where Jupyter finds them."""
