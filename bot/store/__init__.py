"""The store port's engines and the codec of what they keep; nothing else knows SQLite, Redis or msgspec for storage."""
