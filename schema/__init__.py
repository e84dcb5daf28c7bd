"""The nouns: frozen payloads, faults, queue names, settings. Imports nothing of ours."""
