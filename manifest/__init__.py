"""The Teams app package of Foyer: its manifest, its icons, and the build that checks and zips them."""
