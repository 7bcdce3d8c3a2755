"""The learner's side: copies of one's own, JupyterLab, the record, what is missing."""
