"""Evaluation to workbooks: annotated copies, returned notes, blanks, the summary.

May import ooxml, forms, model and below; never reader or calculator.
"""
