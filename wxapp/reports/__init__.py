"""Reports (我的报告): results of check-ups and routine tests, how they come in and who reads them."""
