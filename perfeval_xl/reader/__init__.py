"""Grid to Submission: labels, header paths, values. May import forms, ooxml, model and below."""
