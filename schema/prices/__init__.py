"""Price tables of vendors, one YAML file each, and the shapes they have."""
