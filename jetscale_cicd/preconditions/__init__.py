"""What has to hold before a run changes anything: one check a file, one table."""
