"""The program ``binarycop``: arguments in, exit codes out."""
