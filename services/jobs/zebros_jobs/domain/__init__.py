"""Jobs and what they are made of: entities, rules, errors. No input, no output."""
