"""Calls a model on data, in a process of its own (`python -P -m lineal.rebuild.calling.main SPEC`): for `--probe`."""
