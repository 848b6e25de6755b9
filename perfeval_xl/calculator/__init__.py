"""Submission + FormSpec -> Evaluation. May import errors, labels, amounts, model and forms."""

from perfeval_xl.calculator.evaluate import evaluate

__all__ = ["evaluate"]
