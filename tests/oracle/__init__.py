"""An examiner from outside: what a form must give, worked out again, and forms built in other ways.

Nothing here uses the package: the rules are those of the printed rubric, the layouts come from the
form row by row (``tests/builders/annex-2021.json``), the workbooks from openpyxl and XlsxWriter.
"""
