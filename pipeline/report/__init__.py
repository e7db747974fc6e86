"""The report: one page, Table 1, and what is gathered for them. `report.summary_table` says how to add a metric."""
