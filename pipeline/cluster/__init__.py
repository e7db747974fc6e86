"""The Ray cluster: connecting, resources, tasks, files that all nodes see, and the pipeline as a job."""
