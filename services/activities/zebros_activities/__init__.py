"""The activities service: calls, meetings, tasks, notes and e-mails on records, with reminders and timelines."""
