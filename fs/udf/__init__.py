"""UDF: the OSTA Universal Disk Format over ECMA-167."""
