"""The report of a bundle in Markdown: metrics by class and by group, the abstain margin, and heat maps."""
