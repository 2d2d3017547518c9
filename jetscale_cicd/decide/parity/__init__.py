"""Two targets compared: their values, contracts and manifests, apart from what makes them two."""
