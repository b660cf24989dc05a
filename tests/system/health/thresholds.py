"""How soon the managers of these tests judge: seconds instead of minutes."""

SUSPECT_MS = 2000
EVICTION_MS = 3000
SILENT_MS = 2500
