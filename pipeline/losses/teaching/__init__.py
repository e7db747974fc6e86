"""Teaching the loss network on the faces themselves, without their labels: what it learns from, and how."""
