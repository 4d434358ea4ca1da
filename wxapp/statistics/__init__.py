"""Statistics (统计) for staff over everything that patients do. Reads the packages below, writes nothing."""
