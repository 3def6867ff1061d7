"""Empty: ML Metadata has a package of this name with nothing in it."""
