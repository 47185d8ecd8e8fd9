#!/usr/bin/env bash
# Starts Keycloak, unless a value is missing for which the realm has no default: the import would take the placeholder's
# text for the secret, and everybody can read that here.
set -euo pipefail
: "${ZEBROS_ADMIN_SECRET:?is the secret of the client zebros-admin; the realm is not imported without it}"
exec "${KEYCLOAK_HOME:-/opt/keycloak}/bin/kc.sh" "$@"
