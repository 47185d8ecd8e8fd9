"""The realm as code: ``keycloak/realm.json`` compared with a running Keycloak, and applied to it.

Keycloak imports the file when the realm does not exist yet, and ignores it ever after. What changes later is applied
here through the admin API, as often as one likes: `plan` lists what differs, `apply` repairs it and looks again.

Only what the file names is compared. Clients, people, organizations, identity providers and keys that it does not name
belong to tenants or to operators and are left alone.
"""
