"""One page about several experiments: what differs in parameters, numbers, faces and curves."""
