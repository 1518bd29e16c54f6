"""Wire-level doubles of what films are kept in and delivered by: an S3 that checks signatures, two CDNs."""
