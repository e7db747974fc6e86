"""The pictures: one file per figure, and what to draw of one variant (`of_variant`) and of all (`comparison`)."""
