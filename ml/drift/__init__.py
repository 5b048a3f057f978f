"""Whether users, or the scores they are given, are still those that the model was made on, and how good it turned out to be."""
