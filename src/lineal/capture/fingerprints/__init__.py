"""One file a kind of content: files, directories, frames, arrays, models. `capture.data` chooses among them."""
