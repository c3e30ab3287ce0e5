"""Every step from an empty database to today's tables. A step that was released is never changed."""
