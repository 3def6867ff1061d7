"""What libraries do in the user's program, told to a listener. One file a library; nothing here knows a run."""
