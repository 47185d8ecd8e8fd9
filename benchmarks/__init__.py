"""`make bench`: what the product costs, as ratios to a baseline measured in the same run.

Times depend on the machine, ratios hardly do: each row names its baseline, both are measured in turns, and the
medians are compared with the row's limit.
"""
