"""What stands for Fargate on a laptop: tasks that somebody asks the emulator's ECS for are run as processes.

The emulator records a task and leaves it running for ever. Here it is found through ECS's public API, its image's entry
point is started as a process with the task's command, environment and bounds, its output goes to its log stream, and it
is stopped in ECS when the process ends. ``python -m zebros_local.tasks`` is one of the stack's parts.
"""
