"""Films by the folder: work cut into parts, done in this process or spread over many by an engine there is (Ray)."""
