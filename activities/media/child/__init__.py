"""Code that touches footage: it runs only in child processes of the guard."""
