"""Speed as ratios: Lineal beside a floor, interleaved in one process. Run by `make bench`."""
