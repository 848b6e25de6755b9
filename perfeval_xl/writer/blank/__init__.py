"""The blank official form, generated from the form's data with XlsxWriter.

Its sheets help before they are sent: totals are formulas, inputs are validated, a colour warns where
the figures disagree. What is checked, in which cells and with which numbers comes from the form's
data; nothing here knows a year, a label or a point.
"""

from perfeval_xl.writer.blank.guide import GUIDE_SHEET
from perfeval_xl.writer.blank.write import FORM_PROPERTY, write_blank

__all__ = ["FORM_PROPERTY", "GUIDE_SHEET", "write_blank"]
