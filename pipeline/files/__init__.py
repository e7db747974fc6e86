"""Reading and writing files: atomically, by path or URL, as JSON; and their digests."""
