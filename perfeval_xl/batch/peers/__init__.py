"""What a unit's peers make noteworthy: figures, texts and scores across a batch. Only notes."""
