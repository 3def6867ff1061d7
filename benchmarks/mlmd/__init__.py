"""Lineal beside the real ML Metadata: equal content, equal durability, taking turns. Run by `make bench-mlmd`.

Each side is a process of its own (ML Metadata's protobuf is too old for ours) that is told over a pipe what to do next
and answers with its own clock's seconds, so that the pipe is in no figure. Answers are compared before times are taken.
"""
