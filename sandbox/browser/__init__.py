"""The browser of the app: a proxy with one host per person, and the bridge script it puts into pages."""
