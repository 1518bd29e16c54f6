"""What is deployed: manifests, compose and image, checked without a cluster, a registry or Docker."""
