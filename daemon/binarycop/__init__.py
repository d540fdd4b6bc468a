"""BinaryCoP's gate controller: camera frames in, a speed gate's permission out, nothing else."""

__version__ = "0.1.0"
