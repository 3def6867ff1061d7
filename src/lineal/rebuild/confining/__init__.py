"""Confinement: what a rebuilt program can reach, taken away by the kernel before it starts.

Runs in the process that becomes the program, so everything here needs the standard library only and a Linux kernel;
`start` is the door.
"""
