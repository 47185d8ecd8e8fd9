"""The laptop stack: emulator, cache and identity provider, deployed to by the real templates.

Everything is reached through the command line, ``python -m zebros_local``; `zebros_local.stack.Stack` is the
same for tests that run a stack of their own.
"""
