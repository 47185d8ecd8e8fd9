"""The activities service: calls, meetings, tasks, notes and e-mails on records, reminders, timelines, and mail to contacts."""
