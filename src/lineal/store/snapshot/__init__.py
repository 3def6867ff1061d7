"""The adjacency snapshot: the events of one store in memory, so that closures asked again and again need no database.

Whoever asks is `store.planner`. Nothing here decides whether a snapshot is worth having.
"""
