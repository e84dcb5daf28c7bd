"""What each release promised: its histories, its schema and its migrations, which later versions must go on from."""
