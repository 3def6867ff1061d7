"""Within: where the bytes of two files differ, told by what they hold. Nothing in them is executed."""
