"""What the pages of the application stand on: people and what they said, durable jobs, and what a page shows."""
