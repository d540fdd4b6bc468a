"""The fault matrix: each fault injected into a daemon that runs, and judged by its journal and its lines."""
