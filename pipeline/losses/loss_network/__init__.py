"""The frozen VGG-19 in whose features images are compared: where its weights come from, and its file."""
