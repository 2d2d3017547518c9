"""Questions to the world; nothing here changes anything."""
